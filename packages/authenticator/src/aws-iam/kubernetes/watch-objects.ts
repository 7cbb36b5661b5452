import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { readLines } from "./read-lines.ts";

/** Sends a GET to the API server; the answer's body may be a stream without end. Rejects when the signal aborts. */
export type ClusterGet = (path: string, signal: AbortSignal) => Promise<Response>;

/** What is watched, and who is told. */
export interface ObjectWatch {
  /** The list's path, such as `/api/v1/namespaces/kube-system/configmaps`. */
  readonly path: string;
  readonly fieldSelector?: string | undefined;
  /** All objects, after the list was read and after every change. */
  readonly onObjects: (objects: readonly JsonObject[]) => void;
  /** The watch broke, or could not be opened; what was known stays. */
  readonly onFailure: (message: string) => void;
  readonly get: ClusterGet;
  /** Resolves after the time has passed; rejects when the signal aborts. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** Why a watch ended without fault: list again at once. */
class Gone extends Error {}

const firstPauseMs = 250;
const longestPauseMs = 5000;
// The server ends a watch by itself; asking for it keeps dead connections from being believed in for ever.
const watchSeconds = 300;
const maxBytes = 16 * 1024 * 1024;

function metadataOf(object: JsonObject): { readonly name: string; readonly version: string } {
  const { metadata } = object;
  const told = isJsonObject(metadata) ? metadata : {};
  const { name, resourceVersion } = told;
  return { name: typeof name === "string" ? name : "", version: typeof resourceVersion === "string" ? resourceVersion : "" };
}

function formatPath(watch: ObjectWatch, parameters: Readonly<Record<string, string>>): string {
  const selector = watch.fieldSelector === undefined ? {} : { fieldSelector: watch.fieldSelector };
  return `${watch.path}?${new URLSearchParams({ ...selector, ...parameters }).toString()}`;
}

async function list(watch: ObjectWatch, known: Map<string, JsonObject>, signal: AbortSignal): Promise<string> {
  const response = await watch.get(formatPath(watch, {}), signal);
  // The kind is not installed: nobody is mapped by it, and that is an answer.
  if (response.status === 404) watch.onObjects([]);
  if (response.status !== 200) throw new Error(`the list was answered with status ${response.status}`);
  const text = await response.text();
  const answer: unknown = text.length > maxBytes ? undefined : JSON.parse(text);
  if (!isJsonObject(answer) || !Array.isArray(answer["items"])) throw new Error("the list is none");
  known.clear();
  for (const item of answer["items"] as readonly unknown[]) if (isJsonObject(item)) known.set(metadataOf(item).name, item);
  watch.onObjects([...known.values()]);
  return metadataOf(answer).version;
}

/** Takes one event in; the version to go on from. Throws `Gone` when the server has forgotten that version. */
function takeEvent(line: string, watch: ObjectWatch, known: Map<string, JsonObject>): string {
  const event: unknown = JSON.parse(line);
  const object = isJsonObject(event) ? event["object"] : undefined;
  if (!isJsonObject(event) || !isJsonObject(object)) throw new Error("an event of the watch is none");
  const { name, version } = metadataOf(object);
  switch (event["type"]) {
    case "ADDED":
    case "MODIFIED":
      known.set(name, object);
      break;
    case "DELETED":
      known.delete(name);
      break;
    case "BOOKMARK":
      return version;
    default:
      throw object["code"] === 410 ? new Gone("the version is gone") : new Error("the watch answered with an error");
  }
  watch.onObjects([...known.values()]);
  return version;
}

async function follow(watch: ObjectWatch, known: Map<string, JsonObject>, version: string, signal: AbortSignal): Promise<string> {
  const parameters = { watch: "1", resourceVersion: version, allowWatchBookmarks: "true", timeoutSeconds: String(watchSeconds) };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout((watchSeconds + 60) * 1000)]);
  const response = await watch.get(formatPath(watch, parameters), bounded);
  if (response.status === 410) throw new Gone("the version is gone");
  if (response.status !== 200 || response.body === null) throw new Error(`the watch was answered with status ${response.status}`);
  let last = version;
  for await (const line of readLines(response.body, maxBytes, bounded)) if (line !== "") last = takeEvent(line, watch, known);
  return last;
}

/**
 * Lists and watches objects until the signal aborts: every change reaches `onObjects`, and after any failure the list is read
 * again, after a pause that grows to 5 s. What was known stays known meanwhile. Never rejects.
 */
export async function watchObjects(watch: ObjectWatch, signal: AbortSignal): Promise<void> {
  const known = new Map<string, JsonObject>();
  let version: string | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      version ??= await list(watch, known, signal);
      const next = await follow(watch, known, version, signal);
      // A watch that ends at once and says nothing must not become a busy loop.
      if (next === version) await watch.sleep(firstPauseMs, signal);
      version = next;
      pauseMs = firstPauseMs;
    } catch (error) {
      if (signal.aborted) return;
      version = undefined;
      if (error instanceof Gone) continue;
      watch.onFailure(error instanceof Error ? error.message : String(error));
      await watch.sleep(pauseMs, signal).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}
