import { CredentialError, isJsonObject, type JsonObject } from "@kubepass/wire";
import { parseDocument } from "yaml";
import { choice, constant, integer, list, object, optional, type Shape, text, toggle, type TypeOf } from "./shape.ts";
import { findFactory, verifierFactories } from "./verifier-factories.ts";

const second = 1;
const hour = 3600;

const callers = object("Who may ask. Without anything here, only a loopback address is listened on.", {
  clientAuthorityFile: optional(text("PEM file of the authority that signs the client certificates of API servers")),
  clientNames: list(
    "common names of client certificates that are taken; every certificate of the authority when empty",
    text("common name"),
  ),
  tokenFile: optional(text("file with the bearer tokens that are taken, one a line; a line may be replaced at any time")),
});

const listen = object("Where API servers reach this server.", {
  address: text("host:port; IPv6 in brackets", "127.0.0.1:8443"),
  path: text("path of the one endpoint", "/authenticate"),
  certificateFile: text("PEM file of the server's certificate, and those between it and its authority"),
  privateKeyFile: text("PEM file of its private key"),
  callers,
  answerOperations: toggle("whether health and metrics are answered here too, to whoever may ask, as by aws-iam-authenticator"),
  insecureAllowAnyCaller: toggle(
    "unsafe: whoever reaches the address may try tokens; without it, an address other than loopback needs callers",
  ),
});

const operations = object("Where health and metrics are asked for: plain HTTP, no secrets.", {
  address: text("host:port of /livez, /readyz and /metrics", "127.0.0.1:8080"),
});

const limits = object("What bounds a request.", {
  maxBodyBytes: integer("largest body of a request", [1024, 16 * 1024 * 1024], 1024 * 1024),
  maxTokenLength: integer("longest token, in characters", [64, 4 * 1024 * 1024], 64 * 1024),
  maxConnections: integer("connections at once", [1, 100_000], 2000),
  maxReviews: integer("look-ups at once; more are told to come back", [1, 100_000], 1000),
  requestSeconds: integer("from the first byte of a request to its last", [second, hour], 10),
  idleSeconds: integer("how long a connection may lie idle; API servers drop theirs after 90", [second, hour], 150),
  reviewSeconds: integer("how long a verifier may take; an API server waits 30", [second, 30], 10),
});

const cache = object("How long results are remembered; never beyond a token's expiry.", {
  maxEntries: integer("results kept; 0 keeps none", [0, 10_000_000], 20_000),
  successSeconds: integer("how long a verified token stays so", [0, hour], 10),
  refusalSeconds: integer("how long a refused token stays so", [0, hour], 5),
});

const identities = object("Who may be told to an API server.", {
  allowSystemNames: list("names and groups beginning with system: that may be told, letter by letter", text("name or group")),
});

const shutdown = object("How to stop without losing a request.", {
  graceSeconds: integer("after a termination signal, not ready but still answering", [0, hour], 0),
  timeoutSeconds: integer("then, at most this long for what was begun", [second, hour], 20),
});

const version = "kubepass.dev/v1";
const kind = "ServeConfiguration";

/** One verifier as configured: which, its settings, and where in the document they stand. */
export interface ConfiguredVerifier {
  readonly key: string;
  readonly settings: JsonObject;
  readonly path: string;
}

const verifier: Shape<ConfiguredVerifier> = {
  schema: {
    description: "one member, which says what kind of verifier it is",
    type: "object",
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries(verifierFactories.map((factory) => [factory.key, factory.schema])),
  },
  parse(value, path, report) {
    const members = isJsonObject(value) ? Object.entries(value) : [];
    const [key = "", settings] = members[0] ?? [];
    const known = verifierFactories.map((factory) => factory.key).join(", ");
    const factory = findFactory(key);
    if (members.length !== 1) report(path, `must be an object with one member of ${known}`);
    else if (factory === undefined) report(`${path}.${key}`, `is not known; there are ${known}`);
    else if (!isJsonObject(settings)) report(`${path}.${key}`, "must be an object");
    else factory.check(settings, `${path}.${key}`, report);
    return { key, settings: isJsonObject(settings) ? settings : {}, path: `${path}.${key}` };
  },
};

const document = object("Configuration of kubepass serve.", {
  apiVersion: constant(version),
  kind: constant(kind),
  listen,
  operations,
  verifiers: list("in the order in which they are asked whether a token is theirs; the first that says yes decides", verifier, 1),
  audiences: list(
    "what tokens are for whose verifier knows no audiences; empty leaves audiences out of the answer, which an API server takes for its own",
    text("audience"),
  ),
  identities,
  refusals: choice(
    "how a token that is refused is answered: in an answer (200), which API servers remember, or forbidden (403), as by aws-iam-authenticator: they remember nothing, log an error and ask again",
    ["answered", "forbidden"],
  ),
  limits,
  cache,
  shutdown,
  decisionLog: choice("whether each review is one line of JSON on standard output", ["on", "off"]),
});

/** What a configuration file says. Names of files are as written: relative ones begin at the file's folder. */
export type ServeConfig = TypeOf<typeof document>;

/** The JSON schema of the configuration file (draft 2020-12). */
export function createServeSchema(): JsonObject {
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "configuration of kubepass serve", ...document.schema };
}

function parseYaml(source: string, refuse: (what: string) => CredentialError): unknown {
  const parsed = parseDocument(source, { uniqueKeys: true, stringKeys: true, version: "1.2", schema: "core", merge: false });
  const [error] = parsed.errors;
  // The first line alone: what follows quotes the document.
  if (error !== undefined) throw refuse(`is not valid YAML: ${error.message.split("\n")[0]}`);
  return parsed.toJS({ maxAliasCount: 0 });
}

/**
 * Reads the configuration of `kubepass serve` (YAML or JSON); `name` says in messages which file it is.
 * Throws one `CONFIG_INVALID` for everything that is wrong, each with its path.
 */
export function parseServeConfig(source: string, name: string): ServeConfig {
  const refuse = (what: string, problems?: readonly string[]): CredentialError =>
    new CredentialError("CONFIG_INVALID", `${name} ${what}`, { problems, hint: "see docs/serve.schema.json" });
  let value: unknown;
  try {
    value = parseYaml(source, refuse);
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    throw refuse("is not valid YAML: it uses aliases");
  }
  const problems: string[] = [];
  const config = document.parse(value, "", (path, problem) => problems.push(`${path === "" ? "the document" : path} ${problem}`));
  if (problems.length > 0) throw refuse("is refused:", problems);
  return config;
}
