import { type ExchangeGrant, type Grant, type GrantType, grantTypes, type PasswordGrant } from "./oidc-options.ts";
import type { OptionReader } from "./option-reader.ts";
import { parseSource } from "./parse-source.ts";
import { findTokenType, tokenTypes } from "./token-types.ts";

// The names that kubelogin gives to the same grants. Its keyboard mode is a part of the code grant here.
const grantAliases: Readonly<Record<string, GrantType>> = { authcode: "authorization-code", "authcode-keyboard": "authorization-code" };

/** The URN in an option that names a token type, or `fallback`. */
export function parseTokenType(reader: OptionReader, name: string, fallback: string): string {
  const text = reader.findText(name);
  const type = text === undefined ? fallback : findTokenType(text);
  if (type === undefined) reader.problems.add(`${name} must be id, access, jwt, saml2 or a URN`);
  return type ?? fallback;
}

function parsePassword(reader: OptionReader): PasswordGrant {
  if (!reader.isOn("insecure-allow-password-grant")) {
    reader.problems.add(
      "grant-type=password shows the person's password to this program and skips second factors: set insecure-allow-password-grant to use it all the same",
    );
  }
  // Without the name in the options, two people's credentials would share one cache entry.
  return {
    type: "password",
    username: reader.getText("username"),
    password: parseSource(reader, { text: "password", file: "password-file" }),
  };
}

function parseExchange(reader: OptionReader): ExchangeGrant {
  const subject = parseSource(reader, { file: "subject-token-file", command: "subject-token-command" });
  if (subject === undefined) reader.problems.add("grant-type=token-exchange needs subject-token-file or subject-token-command");
  return {
    type: "token-exchange",
    subject: subject ?? { kind: "stdin" },
    subjectType: parseTokenType(reader, "subject-token-type", tokenTypes.id),
    actor: parseSource(reader, { file: "actor-token-file" }),
    actorType: parseTokenType(reader, "actor-token-type", tokenTypes.id),
  };
}

function parseType(reader: OptionReader): GrantType {
  const text = reader.findText("grant-type") ?? "auto";
  const type = grantTypes.find((known) => known === (grantAliases[text] ?? text));
  if (type === undefined) reader.problems.add(`grant-type must be one of ${grantTypes.join(", ")}`);
  return type ?? "auto";
}

// What would be ignored was meant: a forgotten grant-type must not end in another sign-in than the one that was wanted.
function checkStrangers(reader: OptionReader, type: GrantType): void {
  const owned: Partial<Record<GrantType, readonly string[]>> = {
    password: ["username", "password", "password-file"],
    "token-exchange": ["subject-token-file", "subject-token-command", "actor-token-file"],
    "jwt-bearer": ["assertion-file"],
  };
  for (const [owner, names] of Object.entries(owned)) {
    const given = owner === type ? [] : names.filter((name) => reader.has(name));
    if (given.length > 0)
      reader.problems.add(`${given.join(", ")} can only be used with grant-type=${owner}, which is never chosen by itself`);
  }
}

/** The grant with its own options; problems are noted in the reader. */
export function parseGrant(reader: OptionReader): Grant {
  const type = parseType(reader);
  checkStrangers(reader, type);
  switch (type) {
    case "password":
      return parsePassword(reader);
    case "token-exchange":
      return parseExchange(reader);
    case "jwt-bearer":
      if (!reader.has("assertion-file")) reader.problems.add("grant-type=jwt-bearer needs assertion-file");
      return { type, assertion: { kind: "file", path: reader.findText("assertion-file") ?? "" } };
    case "auto":
    case "authorization-code":
    case "device-code":
    case "client-credentials":
      return { type };
  }
}
