import { isJsonObject } from "@kubepass/wire";
import type { FaultyRequest } from "@kubepass/testkit";
import type { Ended } from "./user.ts";

/** What the search for secrets has looked at. */
export interface CanaryReport {
  readonly secrets: number;
  readonly outputs: number;
  /** Outputs at the highest verbosity that tell of requests: a silent program gives nothing away either. */
  readonly talkative: number;
  /** Secrets that were found where they belong: in credentials and stored sessions. The search can find. */
  readonly inPlace: number;
  /** Each secret that was found anywhere else, by its kind, with the run. */
  readonly leaks: readonly string[];
}

/** Collects what was printed and what is secret, for one search at the end (S41). */
export interface Canary {
  /** The output of a run; of standard output everything but the token. */
  addRun(name: string, ended: Ended): void;
  /** A text that no secret may be in. */
  addOutput(name: string, text: string): void;
  /** A text that secrets belong in. */
  addPlace(text: string): void;
  addSecret(kind: string, secret: string | null | undefined): void;
  /** What only the program and the issuer may know of a request, such as the code verifier. */
  addRequest(request: FaultyRequest): void;
  search(): CanaryReport;
}

// Shorter ones would be found by chance.
const minLength = 12;
const secretFields = [
  "code",
  "code_verifier",
  "refresh_token",
  "client_secret",
  "password",
  "client_assertion",
  "assertion",
  "subject_token",
  "device_code",
  "token",
] as const;

// Each in the forms in which it could slip through.
function listForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString("base64").replace(/=+$/, "");
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64, bytes.toString("hex")])];
}

/** Standard output without the credential, and the credential. */
export function splitStdout(stdout: string): { readonly rest: string; readonly token: string } {
  if (!stdout.startsWith("{")) return { rest: stdout, token: "" };
  const value: unknown = JSON.parse(stdout);
  const status = isJsonObject(value) ? value["status"] : undefined;
  const token = isJsonObject(status) ? status["token"] : undefined;
  return typeof token === "string" ? { rest: stdout.replaceAll(token, ""), token } : { rest: stdout, token: "" };
}

/** A canary that knows nothing yet. */
export function createCanary(): Canary {
  const outputs: { readonly name: string; readonly text: string }[] = [];
  const places: string[] = [];
  const secrets = new Map<string, string>();
  const addSecret: Canary["addSecret"] = (kind, secret) => {
    if (typeof secret === "string" && secret.length >= minLength) secrets.set(secret, kind);
  };
  return {
    addRun(name, { stdout, stderr }) {
      const { rest, token } = splitStdout(stdout);
      outputs.push({ name: `standard output of ${name}`, text: rest }, { name: `standard error of ${name}`, text: stderr });
      places.push(token);
    },
    addOutput: (name, text) => void outputs.push({ name, text }),
    addPlace: (text) => void places.push(text),
    addSecret,
    addRequest({ form, headers }) {
      for (const field of secretFields) addSecret(field, form.get(field));
      addSecret("authorization header", headers.authorization);
    },
    search() {
      const leaks: string[] = [];
      for (const [secret, kind] of secrets) {
        const forms = listForms(secret);
        for (const { name, text } of outputs) if (forms.some((form) => text.includes(form))) leaks.push(`${kind} in ${name}`);
      }
      return {
        secrets: secrets.size,
        outputs: outputs.filter(({ text }) => text !== "").length,
        talkative: outputs.filter(({ text }) => text.includes("kubepass: debug: request")).length,
        inPlace: [...secrets.keys()].filter((secret) => places.some((text) => text.includes(secret))).length,
        leaks: [...new Set(leaks)],
      };
    },
  };
}
