import {
  escapedPath,
  findUrlOf,
  formatGoUrl,
  fromByteText,
  type GoUrl,
  parseGoRequestUri,
  parseGoUrl,
  unescapeBytes,
} from "@kubepass/wire";
import { EntryMap } from "../maps.ts";
import { stringList } from "../lists.ts";
import { CelFailure, CelObjectBase, noSuchOverload, type CelObject, type CelValue } from "../values.ts";
import { ofString, type CelFunction, type FunctionTable } from "./function.ts";

const maxQueryParts = 10_000;

/** A URL. */
export class CelUrl extends CelObjectBase {
  readonly typeName = "kubernetes.URL";
  readonly parts: GoUrl;
  constructor(parts: GoUrl) {
    super();
    this.parts = parts;
  }
  equals(other: CelObject): boolean | CelFailure {
    return other instanceof CelUrl ? formatGoUrl(this.parts) === formatGoUrl(other.parts) : noSuchOverload("==");
  }
}

function ofUrl(run: (parts: GoUrl) => CelValue): CelFunction {
  return ([url]) => (url instanceof CelUrl ? run(url.parts) : noSuchOverload("url"));
}

function toUrl(text: string): CelValue {
  const parts = parseGoRequestUri(text).kind === "invalid" ? undefined : findUrlOf(parseGoUrl(text));
  return parts === undefined ? new CelFailure("CEL_CONVERSION", "URL parse error during conversion from string") : new CelUrl(parts);
}

function splitPort(host: string): { name: string; port: string } {
  const colon = host.lastIndexOf(":");
  const hasPort = colon >= 0 && /^:[0-9]*$/.test(host.slice(colon));
  const name = hasPort ? host.slice(0, colon) : host;
  const isLiteral = name.startsWith("[") && name.endsWith("]");
  return { name: isLiteral ? name.slice(1, -1) : name, port: hasPort ? host.slice(colon + 1) : "" };
}

// A name and its value, or `undefined` for what Go leaves out.
function parseQueryPart(part: string): readonly [string, string] | undefined {
  if (part === "" || part.includes(";")) return undefined;
  const [name = "", ...rest] = part.split("=");
  const [key, value] = [name, rest.join("=")].map((text) => unescapeBytes(text, "query"));
  return key === undefined || value === undefined ? undefined : [fromByteText(key), fromByteText(value)];
}

function queryMap(query: string): CelValue {
  const lists = new Map<string, string[]>();
  const parts = query.split("&");
  for (const part of parts.length > maxQueryParts ? [] : parts) {
    const pair = parseQueryPart(part);
    if (pair === undefined) continue;
    const [name, value] = pair;
    const known = lists.get(name);
    if (known === undefined) lists.set(name, [value]);
    else known.push(value);
  }
  const map = new EntryMap();
  for (const [name, values] of lists) map.set(name, stringList(values));
  return map;
}

/** Kubernetes' URL functions. */
export const urlFunctions: FunctionTable = {
  string_to_url: ofString(toUrl),
  is_url_string: ofString((text) => parseGoRequestUri(text).kind === "url"),
  url_get_scheme: ofUrl(({ scheme }) => scheme),
  url_get_host: ofUrl(({ host }) => fromByteText(host)),
  url_get_hostname: ofUrl(({ host }) => fromByteText(splitPort(host).name)),
  url_get_port: ofUrl(({ host }) => splitPort(host).port),
  url_get_escaped_path: ofUrl((parts) => (parts.opaque === "" ? fromByteText(escapedPath(parts)) : "")),
  url_get_query: ofUrl(({ query }) => queryMap(query ?? "")),
};
