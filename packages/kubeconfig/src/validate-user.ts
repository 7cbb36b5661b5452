import { closeSync, constants, openSync } from "node:fs";
import type { ExecConfig, User } from "./kubeconfig.ts";
import { describeSystemError } from "./read-file.ts";

/** Why a file cannot be opened, in Go's words; `undefined` when it can. */
export function findOpenProblem(path: string): string | undefined {
  try {
    // A pipe must not keep us waiting for whoever writes to it.
    closeSync(openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
    return undefined;
  } catch (error) {
    return `open ${path}: ${describeSystemError(error)}`;
  }
}

/** The statements whose condition holds. */
export function listProblems(rules: readonly (readonly [boolean, string])[]): readonly string[] {
  return rules.flatMap(([isBroken, text]) => (isBroken ? [text] : []));
}

function judgeReadable(path: string, name: string, what: string): readonly string[] {
  const problem = path === "" ? undefined : findOpenProblem(path);
  return problem === undefined ? [] : [`unable to read ${what} ${path} for ${name} due to ${problem}`];
}

function judgeCertificate(name: string, user: User): readonly string[] {
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData } = user;
  if (clientCertificate === "" && clientCertificateData === "") return [];
  const hasKeyData = clientKeyData !== undefined;
  return [
    ...listProblems([
      [
        clientCertificate !== "" && clientCertificateData !== "",
        `client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`,
      ],
      [clientKey !== "" && hasKeyData, `client-key-data and client-key are both specified for ${name}; client-key-data will override`],
      [
        clientKey === "" && !hasKeyData,
        `client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`,
      ],
    ]),
    ...judgeReadable(clientCertificate, name, "client-cert"),
    ...judgeReadable(clientKey, name, "client-key"),
  ];
}

function judgeInteractiveMode(name: string, mode: string): readonly string[] {
  if (mode === "") return [`interactiveMode must be specified for ${name} to use exec authentication plugin`];
  return ["Never", "IfAvailable", "Always"].includes(mode) ? [] : [`invalid interactiveMode for ${name}: ${JSON.stringify(mode)}`];
}

function judgeExec(name: string, exec: ExecConfig | undefined, hasAuthProvider: boolean): readonly string[] {
  if (exec === undefined) return [];
  const nameless = exec.env.filter((variable) => variable.name === "");
  return [
    ...listProblems([
      [hasAuthProvider, `authProvider cannot be provided in combination with an exec plugin for ${name}`],
      [exec.command === "", `command must be specified for ${name} to use exec authentication plugin`],
      [exec.apiVersion === "", `apiVersion must be specified for ${name} to use exec authentication plugin`],
    ]),
    ...nameless.map(() => `env variable name must be specified for ${name} to use exec authentication plugin`),
    ...judgeInteractiveMode(name, exec.interactiveMode),
  ];
}

/** What is wrong with a user entry, in client-go's words and order. Opens the certificate and key that it names. */
export function judgeUser(name: string, user: User): readonly string[] {
  const hasBasic = user.username !== "" || user.password !== undefined;
  const hasExtras = user.impersonateUid !== "" || user.impersonateGroups.length > 0 || user.impersonateExtra.size > 0;
  return [
    ...judgeCertificate(name, user),
    ...judgeExec(name, user.exec, user.authProvider !== undefined),
    ...listProblems([
      [
        user.token !== undefined && hasBasic,
        `more than one authentication method found for ${name}; found [token basicAuth], only one is allowed`,
      ],
      [hasExtras && user.impersonate === "", `requesting uid, groups or user-extra for ${name} without impersonating a user`],
    ]),
  ];
}
