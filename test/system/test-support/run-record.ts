import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One request that an issuer got. */
export interface IssuerRequest {
  readonly at: number;
  readonly issuer: string;
  readonly method: string;
  readonly path: string;
  readonly agent: string;
}

/** What is known of a whole run, in files, because several processes write it. */
export interface RunRecord {
  addRequest(request: IssuerRequest): void;
  requests(): readonly IssuerRequest[];
  /** A text that must appear in no output. */
  addSecret(kind: string, secret: string): void;
  secrets(): readonly { readonly kind: string; readonly secret: string }[];
  /** What some program printed, or left in a file that is not made for secrets. */
  addOutput(source: string, text: string): void;
  outputs(): readonly { readonly source: string; readonly text: string }[];
  /** While this file holds the beginning of a path, an issuer answers no request for it. */
  readonly holdFile: string;
}

function readLines(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): unknown => JSON.parse(line));
}

/** The record that lies in a folder. */
export function openRunRecord(folder: string): RunRecord {
  const add = (name: string, line: unknown): void => appendFileSync(join(folder, name), `${JSON.stringify(line)}\n`);
  return {
    addRequest: (request) => add("requests", request),
    requests: () => readLines(join(folder, "requests")) as IssuerRequest[],
    addSecret: (kind, secret) => add("secrets", { kind, secret }),
    secrets: () => readLines(join(folder, "secrets")) as { kind: string; secret: string }[],
    addOutput: (source, text) => add("outputs", { source, text }),
    outputs: () => readLines(join(folder, "outputs")) as { source: string; text: string }[],
    holdFile: join(folder, "hold"),
  };
}
