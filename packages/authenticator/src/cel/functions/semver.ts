import { compareText } from "../code-points.ts";
import { maxUint } from "../numbers.ts";
import { CelFailure, CelObjectBase, noSuchOverload, type CelObject, type CelValue } from "../values.ts";
import type { CelFunction, FunctionTable } from "./function.ts";

/** A semantic version (semver.org). */
export class SemanticVersion extends CelObjectBase {
  readonly typeName = "kubernetes.Semver";
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[], build: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
    this.build = build;
  }
  equals(other: CelObject): boolean | CelFailure {
    return other instanceof SemanticVersion ? compareVersions(this, other) === 0 : noSuchOverload("==");
  }
  /** `1.2.3-rc.1+build`. */
  format(): string {
    const pre = this.prerelease.length > 0 ? `-${this.prerelease.join(".")}` : "";
    const build = this.build.length > 0 ? `+${this.build.join(".")}` : "";
    return this.numbers.join(".") + pre + build;
  }
}

const pattern = /^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([^+]*))?(?:\+([^]*))?$/;

function parseNumber(text: string): bigint | undefined {
  if (!/^(?:0|[1-9][0-9]*)$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > maxUint ? undefined : value;
}

function isPart(part: string, isPrerelease: boolean): boolean {
  if (!/^[0-9A-Za-z-]+$/.test(part)) return false;
  return !isPrerelease || !/^[0-9]+$/.test(part) || parseNumber(part) !== undefined;
}

function splitParts(text: string | undefined, isPrerelease: boolean): readonly string[] | undefined {
  const parts = text?.split(".") ?? [];
  return parts.every((part) => isPart(part, isPrerelease)) ? parts : undefined;
}

function parseVersion(text: string): SemanticVersion | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = match.slice(1, 4).map((part) => parseNumber(part));
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  const prerelease = splitParts(match[4], true);
  const build = splitParts(match[5], false);
  return prerelease && build && new SemanticVersion([major, minor, patch], prerelease, build);
}

// Without a leading "v", with missing parts as 0 and without leading zeros.
function normalize(text: string): string | undefined {
  const [first = "", second, ...rest] = text.replace(/^v/, "").split(".");
  const parts = [first, ...(second === undefined ? [] : [second]), ...(rest.length === 0 ? [] : [rest.join(".")])];
  const plain = parts.map((part) => (part.length > 1 ? withoutZeros(part) : part));
  if (plain.length < 3 && /[+-]/.test(plain.at(-1) ?? "")) return undefined;
  while (plain.length < 3) plain.push("0");
  return plain.join(".");
}

function withoutZeros(part: string): string {
  const trimmed = part.replace(/^0+/, "");
  return /^[0-9]/.test(trimmed) ? trimmed : `0${trimmed}`;
}

function compareNumeric(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function comparePart(left: string, right: string): number {
  const isLeftNumber = /^[0-9]+$/.test(left);
  const isRightNumber = /^[0-9]+$/.test(right);
  if (isLeftNumber && isRightNumber) return compareNumeric(BigInt(left), BigInt(right));
  if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
  return compareText(left, right);
}

function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return Math.sign(right.length - left.length);
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return left.length < right.length ? -1 : 0;
}

function compareVersions(left: SemanticVersion, right: SemanticVersion): number {
  for (const index of [0, 1, 2] as const) {
    const order = compareNumeric(left.numbers[index], right.numbers[index]);
    if (order !== 0) return order;
  }
  return comparePrereleases(left.prerelease, right.prerelease);
}

function reading(run: (version: SemanticVersion | undefined) => CelValue): CelFunction {
  return ([text, normalizes = false]) => {
    if (typeof text !== "string" || typeof normalizes !== "boolean") return noSuchOverload("semver");
    const plain = normalizes ? normalize(text) : text;
    return run(plain === undefined ? undefined : parseVersion(plain));
  };
}

function ordering(run: (order: number) => CelValue): CelFunction {
  return ([left, right]) =>
    left instanceof SemanticVersion && right instanceof SemanticVersion ? run(compareVersions(left, right)) : noSuchOverload("semver");
}

function numberAt(index: 0 | 1 | 2): CelFunction {
  return ([version]) => (version instanceof SemanticVersion ? BigInt.asIntN(64, version.numbers[index]) : noSuchOverload("semver"));
}

const toVersion = reading((version) => version ?? new CelFailure("CEL_CONVERSION", "invalid semantic version"));
const isVersion = reading((version) => version !== undefined);

/** Kubernetes' semantic version functions. */
export const semverFunctions: FunctionTable = {
  string_to_semver: toVersion,
  string_bool_to_semver: toVersion,
  is_semver_string: isVersion,
  is_semver_string_bool: isVersion,
  semver_is_greater_than: ordering((order) => order > 0),
  semver_is_less_than: ordering((order) => order < 0),
  semver_compare_to: ordering((order) => BigInt(order)),
  semver_major: numberAt(0),
  semver_minor: numberAt(1),
  semver_patch: numberAt(2),
};
