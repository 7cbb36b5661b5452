import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { createKubernetesClient, type KubernetesClient, type KubernetesClientOptions } from "@kubepass/testkit";
import type { ProgramResult } from "./run-program.ts";

/** A request that stands for a kubectl command. */
export interface ClientCall {
  readonly path: string;
  readonly body?: JsonObject | undefined;
}

const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : [];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function formatTable(table: JsonObject): string {
  const titles = listOf(table["columnDefinitions"]).map((column) => (isJsonObject(column) ? textOf(column["name"]).toUpperCase() : ""));
  const rows = listOf(table["rows"]).map((row) => (isJsonObject(row) ? listOf(row["cells"]).map(textOf) : []));
  return formatColumns([titles, ...rows]);
}

function formatUser(review: JsonObject): string {
  const status = isJsonObject(review["status"]) ? review["status"] : {};
  const user = isJsonObject(status["userInfo"]) ? status["userInfo"] : {};
  const rows = [
    ["ATTRIBUTE", "VALUE"],
    ["Username", textOf(user["username"])],
    ["Groups", `[${listOf(user["groups"]).map(textOf).join(" ")}]`],
  ];
  return formatColumns(rows);
}

function formatObject(object: JsonObject): string {
  if (object["kind"] === "Table") return formatTable(object);
  return object["kind"] === "SelfSubjectReview" ? formatUser(object) : `${JSON.stringify(object)}\n`;
}

async function ask(client: KubernetesClient, { path, body }: ClientCall): Promise<Pick<ProgramResult, "exitCode" | "stdout" | "stderr">> {
  const answer = await client.request(path, { body, headers: { accept: tableAccept } });
  if (!isJsonObject(answer.body)) return { exitCode: 1, stdout: "", stderr: `error: status ${answer.status}\n` };
  if (answer.status < 300) return { exitCode: 0, stdout: formatObject(answer.body), stderr: "" };
  const { reason, message } = answer.body;
  return { exitCode: 1, stdout: "", stderr: `Error from server (${textOf(reason)}): ${textOf(message)}\n` };
}

/** Does what kubectl would do, with a client of our own, and words its answer as kubectl does. Rejects when the signal is aborted. */
export async function callAsClient(options: KubernetesClientOptions, call: ClientCall): Promise<ProgramResult> {
  const startMs = performance.now();
  let told = "";
  const tell = options.isInteractive === true ? undefined : (text: string): void => void (told += text);
  // A new client each time: like a new kubectl it knows no credential.
  const result = await ask(createKubernetesClient({ ...options, tell }), call).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    return { exitCode: 1, stdout: "", stderr: `error: ${error instanceof Error ? error.message : String(error)}\n` };
  });
  return { ...result, stderr: told + result.stderr, durationMs: performance.now() - startMs };
}
