import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createFetch } from "@kubepass/network";
import { type CredentialRequest, getCredential, type OptionValues, type PipelineSettings } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { type AwsKey, type AwsStandIn, startReachableAws } from "@kubepass/testkit";
import { clusterIdHeader, formatCallerIdentityUrl, parseEksToken } from "@kubepass/wire";
import { loadEksProvider } from "../provider.ts";

/** AWS on this machine, behind a proxy that leads its own hosts there. */
export interface EksScene {
  readonly aws: AwsStandIn;
  readonly authorityPem: string;
  /** What a process needs in its environment to reach it. */
  variables(authorityFile: string): Record<string, string>;
  readonly proxyTargets: readonly string[];
  /** A host in front of it; the authority and other files are in its home. */
  createHost(options?: FakeHostOptions): FakeHost;
  close(): Promise<void>;
}

/** The variables with which a user's keys are given. */
export function keyVariables(key: AwsKey): Record<string, string> {
  const keys = { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
  return key.sessionToken === undefined ? keys : { ...keys, AWS_SESSION_TOKEN: key.sessionToken };
}

/** Writes a file in the host's home. */
export function writeHomeFile(host: FakeHost, path: string, text: string): string {
  const whole = join(host.directories.home, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

const settings: PipelineSettings = { interaction: "auto", sessionStore: "auto", loginHint: "run: kubepass login eks" };

/** What the pipeline is asked for with these options. */
export async function requestFor(values: OptionValues, host: FakeHost, change: Partial<PipelineSettings> = {}): Promise<CredentialRequest> {
  const provider = await loadEksProvider({ "cluster-name": "prod", ...values }, host);
  return { provider, execInfo: { apiVersion: "client.authentication.k8s.io/v1" }, settings: { ...settings, ...change } };
}

/** A token by the whole pipeline. */
export async function getToken(values: OptionValues, host: FakeHost, change: Partial<PipelineSettings> = {}): Promise<string> {
  const { credential } = await getCredential(await requestFor(values, host, change), host);
  return credential.token?.reveal() ?? "";
}

/** Who STS says that a token speaks for; what STS refuses, else. */
export async function whoIs(token: string, host: FakeHost, clusterId = "prod"): Promise<string> {
  const outcome = parseEksToken(token);
  if (outcome.kind === "refused") return outcome.message;
  const fetch = createFetch({}, host);
  const response = await fetch(formatCallerIdentityUrl(outcome.parts).reveal(), { headers: { [clusterIdHeader]: clusterId } });
  const text = await response.text();
  return /"(?:Arn|Code)":"([^"]*)"/.exec(text)?.[1] ?? text;
}

/** Starts a scene. */
export async function startEksScene(): Promise<EksScene> {
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  const variables = (authorityFile: string): Record<string, string> => ({
    HTTPS_PROXY: proxy.url,
    SSL_CERT_FILE: authorityFile,
    AWS_REGION: "us-west-2",
    AWS_EC2_METADATA_DISABLED: "true",
    DISPLAY: ":0",
  });
  return {
    aws,
    authorityPem,
    variables,
    proxyTargets: proxy.targets,
    createHost(options = {}) {
      // The folder is known only once the host is there: the first is thrown away for its folder.
      const root = options.sharedWith ?? createFakeHost(options);
      const authorityFile = writeHomeFile(root, "authority.pem", authorityPem);
      return createFakeHost({ ...options, sharedWith: root, variables: { ...variables(authorityFile), ...options.variables } });
    },
    close,
  };
}
