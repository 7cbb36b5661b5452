import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError } from "@kubepass/wire";

/** One section of AWS's files: its settings, and its text as it stands there. */
export interface AwsSection {
  readonly values: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The keys that stand in a section itself, when they are whole. */
export function findOwnKeys({ values }: AwsSection): { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined {
  const [accessKeyId, secretAccessKey] = [values.get("aws_access_key_id"), values.get("aws_secret_access_key")];
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}

/** AWS's two files as one: a setting in the credentials file wins over the same one in the config file. */
export interface AwsFiles {
  readonly profiles: ReadonlyMap<string, AwsSection>;
  readonly ssoSessions: ReadonlyMap<string, AwsSection>;
}

/** Where AWS's files lie. */
export interface AwsFilePaths {
  readonly config: string;
  readonly credentials: string;
}

type Sections = Map<string, { values: Map<string, string>; text: string }>;

const header = /^\[\s*([^\]]+?)\s*\]$/;

function withoutComment(line: string): string {
  return line.split(/(?:^|\s)[;#]/)[0]?.trimEnd() ?? "";
}

function unquote(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}

/**
 * The sections of a text in the form of AWS's files, by their whole names. Indented lines belong to the setting before
 * them and are kept in the text alone. Takes anything: what is no section and no setting is left out, as AWS's tools do.
 */
export function parseAwsText(text: string): ReadonlyMap<string, AwsSection> {
  const sections: Sections = new Map();
  let current: { values: Map<string, string>; text: string } | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = withoutComment(raw);
    const name = header.exec(line.trim())?.[1];
    if (name !== undefined) {
      current = sections.get(name) ?? { values: new Map(), text: "" };
      sections.set(name, current);
    } else if (current !== undefined && line.trim() !== "") {
      current.text += `${line}\n`;
      const sign = line.indexOf("=");
      if (sign > 0 && !/^\s/.test(line)) current.values.set(line.slice(0, sign).trim().toLowerCase(), line.slice(sign + 1).trim());
    }
  }
  return sections;
}

function selectNamed(sections: ReadonlyMap<string, AwsSection>, kind: string): ReadonlyMap<string, AwsSection> {
  const named = [...sections].flatMap(([name, section]): [string, AwsSection][] => {
    const [word = "", rest = ""] = name.split(/\s+(.*)/s);
    return word === kind && rest !== "" ? [[unquote(rest.trim()), section]] : [];
  });
  return new Map(named);
}

function merge(left: AwsSection | undefined, right: AwsSection): AwsSection {
  return { values: new Map([...(left?.values ?? []), ...right.values]), text: `${left?.text ?? ""}\n${right.text}` };
}

/** The two texts as one. Pure. */
export function mergeAwsTexts(config: string, credentials: string): AwsFiles {
  const sections = parseAwsText(config);
  const profiles = new Map(selectNamed(sections, "profile"));
  const plainDefault = sections.get("default");
  if (plainDefault !== undefined && !profiles.has("default")) profiles.set("default", plainDefault);
  for (const [name, section] of parseAwsText(credentials)) profiles.set(name, merge(profiles.get(name), section));
  return { profiles, ssoSessions: selectNamed(sections, "sso-session") };
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}

type FileHost = Pick<Host, "directories" | "environment">;

/** Where AWS's tools look: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else the folder `.aws`. */
export function findAwsFilePaths(host: FileHost): AwsFilePaths {
  const { variables } = host.environment;
  const { home } = host.directories;
  return {
    config: expandHome(variables["AWS_CONFIG_FILE"] || join(home, ".aws", "config"), home),
    credentials: expandHome(variables["AWS_SHARED_CREDENTIALS_FILE"] || join(home, ".aws", "credentials"), home),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new CredentialError("FILE_UNREADABLE", `cannot read ${path}: ${typeof code === "string" ? code : "unknown reason"}`, {
      hint: "make the file readable, or name another one in AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE",
      cause: error,
    });
  }
}

/** Reads AWS's files; one that is absent is empty. Throws `FILE_UNREADABLE`. */
export function readAwsFiles(host: FileHost): AwsFiles {
  const paths = findAwsFilePaths(host);
  return mergeAwsTexts(readText(paths.config), readText(paths.credentials));
}

/** The profiles that one is made of, itself first: those that `source_profile` leads to. Ends where a circle closes. */
export function listProfileChain(files: AwsFiles, name: string): readonly (readonly [name: string, section: AwsSection])[] {
  const chain = new Map<string, AwsSection>();
  let next: string | undefined = name;
  while (next !== undefined && !chain.has(next)) {
    const section: AwsSection | undefined = files.profiles.get(next);
    if (section === undefined) break;
    chain.set(next, section);
    next = section.values.has("role_arn") ? section.values.get("source_profile") : undefined;
  }
  return [...chain];
}

/** The SSO session that a profile of the chain names, with its settings; an old profile holds them itself. */
export interface SsoSettings {
  /** Name of the session; `undefined` in profiles of the old form. */
  readonly sessionName: string | undefined;
  readonly startUrl: string;
  readonly region: string;
  readonly scopes: readonly string[];
}

const defaultScopes = "sso:account:access";

function parseSsoSettings(sessionName: string | undefined, values: ReadonlyMap<string, string> | undefined): SsoSettings | undefined {
  const startUrl = values?.get("sso_start_url");
  const region = values?.get("sso_region");
  if (values === undefined || startUrl === undefined || region === undefined) return undefined;
  const scopes = (values.get("sso_registration_scopes") ?? defaultScopes).split(/[\s,]+/).filter((scope) => scope !== "");
  return { sessionName, startUrl, region, scopes };
}

/** How the last profile of a chain signs in at IAM Identity Center; `undefined` when it does not. */
export function findSsoSettings(files: AwsFiles, name: string): SsoSettings | undefined {
  const profile = listProfileChain(files, name).at(-1)?.[1].values;
  // Keys and processes win over everything else that a profile without a role says.
  if (profile === undefined || profile.has("aws_access_key_id") || profile.has("credential_process")) return undefined;
  const sessionName = profile.get("sso_session");
  return parseSsoSettings(sessionName, sessionName === undefined ? profile : files.ssoSessions.get(sessionName)?.values);
}
