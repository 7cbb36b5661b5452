import { spawn } from "node:child_process";
import { once } from "node:events";
import { getProgram } from "../test-support/programs.ts";

/** A configuration file, keys and tokens, as `oracle jwt` takes them. */
export interface OracleQuestion {
  readonly configuration: string;
  readonly keySets: Readonly<Record<string, unknown>>;
  readonly now: number;
  readonly tokens: readonly string[];
}

/** What kube-apiserver says of one token. */
export interface OracleVerdict {
  readonly kind: "verified" | "refused" | "none" | "panic";
  readonly user?: {
    readonly username: string;
    readonly uid: string;
    readonly groups: readonly string[] | null;
    readonly extra: Readonly<Record<string, readonly string[]>> | null;
  };
  readonly error?: string;
}

/** What kube-apiserver says of a file and its tokens. */
export interface OracleAnswer {
  readonly undecodable?: string;
  readonly problems?: readonly { readonly path: string; readonly type: string; readonly detail: string }[];
  readonly verdicts?: readonly OracleVerdict[];
}

// It is our own program that wrote it.
function isAnswer(value: unknown): value is OracleAnswer {
  return typeof value === "object" && value !== null;
}

/** Asks the genuine code of k8s.io/apiserver, in one run of the program. */
export async function askOracle(questions: readonly OracleQuestion[]): Promise<readonly OracleAnswer[]> {
  const child = spawn(getProgram("oracle"), ["jwt"], { stdio: ["pipe", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = once(child, "close");
  child.stdin.end(questions.map((question) => JSON.stringify(question)).join("\n"));
  await ended;
  if (child.exitCode !== 0) throw new Error(`the oracle ended with ${String(child.exitCode)}`);
  const lines = Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const answer: unknown = JSON.parse(line);
    if (!isAnswer(answer)) throw new Error("the oracle does not answer in objects");
    return answer;
  });
}
