import type { SigningKey } from "./keys.ts";
import type { Random } from "./random.ts";

type Members = readonly (readonly [name: string, json: string])[];

/** A token before it is signed; values are JSON text, so that a token can hold what no parser would write. */
export interface TokenDraft {
  readonly header: Members;
  /** Instead of {@link header}. */
  readonly headerText?: string;
  readonly claims: Members;
  /** Instead of {@link claims}. */
  readonly payload?: string;
  readonly payloadBytes?: Buffer;
  /** Whose kid stands in the header. */
  readonly key: SigningKey;
  readonly signer: SigningKey;
  /** Done to the signed token. */
  readonly change?: (token: string) => string;
}

interface Surroundings {
  readonly random: Random;
  readonly keys: readonly SigningKey[];
}

/** One thing that is done to a good token. */
export interface Mutation {
  readonly name: string;
  readonly apply: (draft: TokenDraft, around: Surroundings) => TokenDraft;
}

function replace(members: Members, name: string, json: string | undefined): Members {
  const rest = members.filter(([other]) => other !== name);
  return json === undefined ? rest : [...rest, [name, json] as const];
}

/** One mutation for each value; `undefined` removes the claim. */
function claim(name: string, values: readonly (string | undefined)[]): readonly Mutation[] {
  return values.map((json) => ({
    name: `${name}=${json ?? "(none)"}`,
    apply: (draft) => ({ ...draft, claims: replace(draft.claims, name, json) }),
  }));
}

function header(name: string, values: readonly (string | undefined)[]): readonly Mutation[] {
  return values.map((json) => ({
    name: `header ${name}=${json ?? "(none)"}`,
    apply: (draft) => ({ ...draft, header: replace(draft.header, name, json) }),
  }));
}

function rename(from: string, to: string): Mutation {
  const apply = (draft: TokenDraft): TokenDraft => ({
    ...draft,
    claims: draft.claims.map(([name, json]) => [name === from ? to : name, json] as const),
  });
  return { name: `${from} as ${to}`, apply };
}

const now = 1_700_000_000;
const odd = ["null", "true", "7", '""', "[]", "{}", '["a",1]'];

export const claimMutations: readonly Mutation[] = [
  ...claim("iss", [undefined, "null", "7", '"https://other.test"', '"accounts.google.com"', '"https://a.test"', '"https://a.test/"']),
  ...claim("aud", [undefined, ...odd, '"stranger"', '["stranger","one"]', '["stranger"]', "[null]", '["one",7]', '{"one":true}']),
  ...claim("exp", [
    undefined,
    ...odd,
    `${now}`,
    `${now + 1}`,
    `${now - 3600}`,
    `"${now + 60}"`,
    `"${now + 60} "`,
    `${now + 60}.9`,
    `${now}.9`,
  ]),
  ...claim("exp", [
    "1e300",
    "1e400",
    "-1",
    '"1e12"',
    '"0x7fffffff"',
    "9223372036854775807",
    "9223371974719179008",
    "99999999999999999999",
    "253402300800",
  ]),
  ...claim("nbf", [
    ...odd,
    `${now + 30}`,
    `${now + 60}`,
    `${now + 61}`,
    `${now + 120}`,
    `"${now + 120}"`,
    "1e300",
    "-1e300",
    `${now + 60}.9`,
  ]),
  ...claim("iat", [...odd, "1e400", "-5", `"${now}"`]),
  ...claim("sub", [undefined, ...odd, '" "', '"\\u00e9\\ud83d\\ude00"', '"system:masters"']),
  ...claim("nonce", ["7", "null", '"n"']),
  ...claim("at_hash", ["7", "[]"]),
  ...claim("email", [undefined, ...odd]),
  ...claim("email_verified", [undefined, "false", '"true"', "null", "1"]),
  ...claim("username", [undefined, ...odd]),
  ...claim("groups", [undefined, ...odd, '"team1"', '["a",null]', '["","a"]', '["banned"]', "[[]]", '{"a":"b"}']),
  ...claim("roles", [undefined, "null", '","']),
  ...claim("uid", [undefined, ...odd]),
  ...claim("jti", [undefined, ...odd]),
  ...claim("hd", [undefined, ...odd, '"example.org"']),
  ...claim("tenant", [undefined, '"Example.com"']),
  ...claim("number", [undefined, "1e400", '"7"', "0.1", "-1"]),
  ...claim("nested", [undefined, "null", "[]", '{"level":1}']),
  ...claim("_claim_names", ["null", "7", '{"groups":"src"}', '{"groups":""}', '{"groups":7}', '{"other":"src"}', "[]"]),
  ...claim("_claim_sources", ["null", "[]", '{"src":{"endpoint":7}}', '{"src":{"endpoint":"https://elsewhere.test"}}']),
  {
    name: "distributed groups",
    apply: (draft) => ({
      ...draft,
      claims: [
        ...draft.claims.filter(([name]) => !["groups", "roles", "_claim_names", "_claim_sources"].includes(name)),
        ["_claim_names", '{"groups":"src","roles":"src"}'],
        ["_claim_sources", '{"src":{"endpoint":"https://elsewhere.test","access_token":"x"}}'],
      ],
    }),
  },
  {
    name: "aggregated groups",
    apply: (draft) => ({
      ...draft,
      claims: [
        ...draft.claims.filter(([name]) => !["groups", "_claim_names", "_claim_sources"].includes(name)),
        ["_claim_names", '{"groups":"src"}'],
        ["_claim_sources", '{"src":{"JWT":"x.y.z"}}'],
      ],
    }),
  },
  rename("iss", "ISS"),
  rename("aud", "Aud"),
  rename("exp", "EXP"),
  rename("sub", "\u017fub"),
  rename("groups", "Groups"),
];

const headerTexts = ["", "{}", "null", "[]", "7", "{", '{"alg":"RS256","alg":"ES256"}', '{"alg":"none"}', '"RS256"'];

export const headerMutations: readonly Mutation[] = [
  ...header("alg", [
    undefined,
    "null",
    "7",
    '"none"',
    '"HS256"',
    '"RS256"',
    '"ES256"',
    '"ES384"',
    '"PS256"',
    '"EdDSA"',
    '"rs256"',
    '"__proto__"',
  ]),
  ...header("kid", [undefined, "null", "7", '""', '"unknown"', '"key-0"', '"key-1"', '"key-5"']),
  ...header("typ", ['"JWT"', '"at+jwt"', "7"]),
  ...header("cty", ['"JWT"']),
  ...header("crit", ["null", "[]", '["exp"]', '["b64"]', '"exp"', "7"]),
  ...header("b64", ["false", "true", "null", "7"]),
  ...header("jku", ['"https://evil.test/keys"', "7"]),
  ...header("x5u", ['"https://evil.test/keys"']),
  ...header("x5c", ["[]", '["AAAA"]', "7", "null"]),
  ...header("jwk", ["null", "7", '{"kty":"oct","k":"AAAA"}', '{"kty":"RSA"}']),
  ...header("nonce", ['"n"', "7"]),
  ...header("other", ['{"a":[1,2]}']),
  ...headerTexts.map((headerText): Mutation => ({ name: `header text ${headerText}`, apply: (draft) => ({ ...draft, headerText }) })),
  {
    name: "embedded jwk of the attacker",
    apply: (draft, { keys, random }) => {
      const signer = random.pick(keys);
      return { ...draft, signer, header: replace(draft.header, "jwk", JSON.stringify(signer.jwk)) };
    },
  },
  { name: "signed by another key", apply: (draft, { keys, random }) => ({ ...draft, signer: random.pick(keys) }) },
];

function parts(token: string): readonly [string, string, string] {
  const [head = "", body = "", signature = ""] = token.split(".");
  return [head, body, signature];
}

function wire(name: string, change: (head: string, body: string, signature: string) => string): Mutation {
  return { name, apply: (draft) => ({ ...draft, change: (token) => change(...parts(token)) }) };
}

function payload(name: string, make: (members: string) => string): Mutation {
  const text = (draft: TokenDraft): string => draft.claims.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",");
  return { name, apply: (draft) => ({ ...draft, payload: make(text(draft)) }) };
}

const json = (text: string): string => Buffer.from(text).toString("base64url");
const flip = (text: string): string => (text.startsWith("A") ? `B${text.slice(1)}` : `A${text.slice(1)}`);
/** The same bytes with stray bits in the last character, where it has room for any. */
function withStrayBits(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.length % 4 === 0) return text;
  return `${text.slice(0, -1)}${alphabet[alphabet.indexOf(text.slice(-1)) + 1] ?? ""}`;
}

export const wireMutations: readonly Mutation[] = [
  wire("two parts", (head, body) => `${head}.${body}`),
  wire("four parts", (head, body, signature) => `${head}.${body}.${signature}.${signature}`),
  wire("flattened JSON", (head, body, signature) => JSON.stringify({ protected: head, payload: body, signature })),
  wire("general JSON", (head, body, signature) => JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] })),
  wire("no signature", (head, body) => `${head}.${body}.`),
  wire("no header", (_head, body, signature) => `.${body}.${signature}`),
  wire("no payload", (head, _body, signature) => `${head}..${signature}`),
  wire("changed signature", (head, body, signature) => `${head}.${body}.${flip(signature)}`),
  wire("short signature", (head, body, signature) => `${head}.${body}.${signature.slice(0, -4)}`),
  wire("long signature", (head, body, signature) => `${head}.${body}.${signature}AAAA`),
  wire("zero signature", (head, body, signature) => `${head}.${body}.${"A".repeat(signature.length)}`),
  wire(
    "changed payload",
    (head, body, signature) => `${head}.${json(Buffer.from(body, "base64url").toString().replace("jane", "john"))}.${signature}`,
  ),
  wire("padding", (head, body, signature) => `${head}.${body}=.${signature}`),
  wire("base64 alphabet", (head, body, signature) => `${head}.${body.replace("-", "+").replace("_", "/")}+.${signature}`),
  wire("space inside the signature", (head, body, signature) => `${head}.${body}.${signature.slice(0, 5)} ${signature.slice(5)}`),
  wire("line break inside the payload", (head, body, signature) => `${head}.${body.slice(0, 8)}\n${body.slice(8)}.${signature}`),
  wire("space around", (head, body, signature) => ` ${head}.${body}.${signature} `),
  wire("stray bits in the signature", (head, body, signature) => `${head}.${body}.${withStrayBits(signature)}`),
  wire("stray bits in the payload", (head, body, signature) => `${head}.${withStrayBits(body)}.${signature}`),
  payload("empty payload object", () => "{}"),
  payload("payload array", (members) => `[{${members}}]`),
  payload("payload not JSON", (members) => `{${members}`),
  payload("payload with comma", (members) => `{${members},}`),
  payload("payload with white space", (members) => ` \n{${members}}\t`),
  payload("duplicate sub", (members) => `{${members},"sub":"other"}`),
  payload("duplicate iss", (members) => `{"iss":"https://other.test",${members}}`),
  payload("duplicate inside", (members) => `{${members},"deep":{"a":1,"a":2}}`),
  payload("escaped duplicate", (members) => `{${members},"s\\u0075b":"other"}`),
  payload("lone surrogate", (members) => `{${members},"note":"\\ud800"}`),
  payload("surrogate pair", (members) => `{${members},"note":"\\ud83d\\ude00"}`),
  payload("byte order mark", (members) => `\ufeff{${members}}`),
  payload("nesting of 300", (members) => `{${members},"deep":${"[".repeat(300)}${"]".repeat(300)}}`),
  {
    name: "invalid UTF-8",
    apply: (draft) => ({
      ...draft,
      payloadBytes: Buffer.concat([
        Buffer.from(`{${draft.claims.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")},"note":"`),
        Buffer.from([0xff, 0x22, 0x7d]),
      ]),
    }),
  },
];
