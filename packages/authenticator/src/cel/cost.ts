import { costSize } from "./functions/operators.ts";
import { CelList } from "./lists.ts";
import { CelMap } from "./maps.ts";
import { CelStopped } from "./meter.ts";
import { CelObjectBase, CelOptional, type CelValue } from "./values.ts";
import { NamedFormat } from "./functions/named-format.ts";

// The cost model of cel-go (interpreter/runtimecost.go, ext) and of Kubernetes (pkg/cel/library/cost.go).

/** What a call costs, in cel-go's units. */
export type Cost = (parameters: readonly CelValue[], result: CelValue) => number;

const stringFactor = 0.1;
const regexFactor = 0.25;
const listCreation = 10;

/** The cost of making a list, a map. */
export const creationCost = { list: listCreation, map: 30 } as const;

function sizeAt(parameters: readonly CelValue[], index: number): number {
  return costSize(parameters[index] ?? null);
}

// CEL's own functions look into optionals, Kubernetes' and the extensions do not.
function innerSize(value: CelValue): number {
  return value instanceof CelOptional && value.value !== undefined ? innerSize(value.value) : costSize(value);
}

function innerSizeAt(parameters: readonly CelValue[], index: number): number {
  return innerSize(parameters[index] ?? null);
}

function traversal(index: number, times = 1): Cost {
  return (parameters) => Math.ceil(sizeAt(parameters, index) * times * stringFactor);
}

function innerTraversal(index: number): Cost {
  return (parameters) => Math.ceil(innerSizeAt(parameters, index) * stringFactor);
}

const constant: Cost = () => 1;

const regex: Cost = (parameters) => Math.ceil((1 + sizeAt(parameters, 0)) * stringFactor) * Math.ceil(sizeAt(parameters, 1) * regexFactor);

const matching: Cost = (parameters) =>
  Math.ceil((1 + innerSizeAt(parameters, 0)) * stringFactor) * Math.ceil(innerSizeAt(parameters, 1) * regexFactor);

// What it takes to walk a value as a tree; a string counts its bytes.
function treeCost(value: CelValue): number {
  if (typeof value === "string") return Math.trunc(Buffer.byteLength(value) * stringFactor);
  if (value instanceof Uint8Array) return Math.trunc(value.length * stringFactor);
  if (value instanceof CelList) {
    let cost = 0;
    for (let index = 0; index < value.size; index += 1) cost += treeCost(value.next(index));
    return cost;
  }
  if (value instanceof CelMap) return value.keys().reduce<number>((sum, key) => sum + treeCost(key) + treeCost(value.get(key)), 0);
  return 1;
}

const tree: Cost = ([value = null]) => treeCost(value);

function allocation(factor: number, size: number): number {
  return Math.trunc(size * (factor < 0 ? 1 : factor)) + 1 + listCreation;
}

const outputSize: Cost = (_parameters, result) => allocation(1, costSize(result));

// Where cel-go's trackers meet what they did not expect, the whole evaluation fails and nothing absorbs it.
function unexpected(): CelStopped {
  return new CelStopped("CEL_INTERNAL", "internal error: cost of an argument of another type");
}

const flattening: Cost = (parameters) => {
  const [, depth = 1n] = parameters;
  if (typeof depth !== "bigint") throw unexpected();
  return allocation(Number(depth), sizeAt(parameters, 0));
};

function selfComparison(index: number): Cost {
  return (parameters) => {
    const list = parameters[index];
    const size = sizeAt(parameters, index);
    if (!(list instanceof CelList)) throw unexpected();
    if (size === 0) return allocation(2, 0);
    const first = list.get(0);
    const isText = typeof first === "string" || first instanceof Uint8Array;
    return allocation(isText ? 2 + stringFactor : 2, size * size);
  };
}

function product(times: number): Cost {
  return (parameters) => 1 + sizeAt(parameters, 0) * sizeAt(parameters, 1) * times;
}

const smaller: Cost = (parameters) => Math.ceil(Math.min(innerSizeAt(parameters, 0), innerSizeAt(parameters, 1)) * stringFactor);

const equality: Cost = (parameters, result) => (parameters[0] instanceof CelObjectBase ? 1 : smaller(parameters, result));

const concatenation: Cost = (parameters) => Math.ceil((innerSizeAt(parameters, 0) + innerSizeAt(parameters, 1)) * stringFactor);

const containing: Cost = (parameters) =>
  Math.ceil(innerSizeAt(parameters, 0) * stringFactor) * Math.ceil(innerSizeAt(parameters, 1) * stringFactor);

const validation: Cost = (parameters) => {
  const [format] = parameters;
  if (!(format instanceof NamedFormat)) return 1;
  return Math.ceil((1 + sizeAt(parameters, 1)) * stringFactor) * Math.ceil(format.patternSize * regexFactor);
};

function inNetwork(kind: "ip" | "cidr", isText: boolean): Cost {
  return (parameters) => {
    const network = sizeAt(parameters, 0);
    const base = Math.ceil(network * 2 * stringFactor) + (kind === "cidr" ? Math.ceil(network * stringFactor) + 1 : 0);
    return base + (isText ? Math.ceil(sizeAt(parameters, 1) * stringFactor) : 0);
  };
}

function all(names: string, cost: Cost): (readonly [string, Cost])[] {
  return names.split(" ").map((name) => [name, cost] as const);
}

// By overload first, for what extensions track themselves.
const tracked: ReadonlyMap<string, Cost> = new Map([
  ...all("list_slice lists_range list_reverse", outputSize),
  ...all("list_flatten list_flatten_int", flattening),
  ...all("list_distinct", selfComparison(0)),
  ...["int", "uint", "double", "bool", "google.protobuf.Duration", "google.protobuf.Timestamp", "string", "bytes"].flatMap(
    (type) =>
      [
        [`list_${type}_sort`, selfComparison(0)],
        [`list_${type}_sortByAssociatedKeys`, selfComparison(1)],
      ] as const,
  ),
  ...all("list_sets_contains_list list_sets_intersects_list", product(1)),
  ...all("list_sets_equivalent_list", product(2)),
]);

// Then by function, for what Kubernetes counts.
const byFunction: ReadonlyMap<string, (overload: string) => Cost> = new Map(
  [
    ...all("isSorted sum max min indexOf lastIndexOf includes", tree),
    ...all("url lowerAscii upperAscii substring trim cidr isIP isCIDR quantity isQuantity semver isSemver", traversal(0)),
    ...all("replace split ip.isCanonical", traversal(0, 2)),
    ...all("join", (_parameters, result) => Math.ceil(costSize(result) * 2 * stringFactor)),
    ...all("find findAll", regex),
    ...all("masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast", constant),
    ...all("check", () => 350_000),
    ...all("validate", validation),
    ...all("_==_", equality),
  ].map(([name, cost]) => [name, () => cost] as const),
);

const perOverload: Readonly<Record<string, (overload: string) => Cost>> = {
  ip: (overload) => (overload === "cidr_ip" ? constant : traversal(0)),
  containsIP: (overload) => inNetwork("ip", overload === "cidr_contains_ip_string"),
  containsCIDR: (overload) => inNetwork("cidr", overload === "cidr_contains_cidr_string"),
};

// At last by overload, for CEL's own functions; anything else costs 1.
const standard: ReadonlyMap<string, Cost> = new Map([
  ...all("starts_with_string ends_with_string", innerTraversal(1)),
  ...all("string_to_bytes bytes_to_string strings_quote string_format", innerTraversal(0)),
  ...all("in_list", (parameters) => innerSizeAt(parameters, 1)),
  ...["less", "less_equals", "greater", "greater_equals"].flatMap((name) => all(`${name}_string ${name}_bytes`, smaller)),
  ...all("equals not_equals", smaller),
  ...all("add_string add_bytes", concatenation),
  ...all("matches matches_string", matching),
  ...all("contains_string", containing),
]);

/** How to compute what a call costs; `overload` is empty when it is not known before the values are. */
export function costOf(name: string, overload: string): Cost {
  const chosen = tracked.get(overload) ?? (byFunction.get(name) ?? perOverload[name])?.(overload);
  return chosen ?? standard.get(overload) ?? constant;
}
