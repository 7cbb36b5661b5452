// Adds the packages of other platforms to package-lock.json that npm left out. A mirror of the registry that lacks them
// makes `npm install` drop them without a word, and `npm ci` then refuses the lock on every machine. Run it after each
// change of dependencies: npm run lock. What it adds has no integrity hash; npm checks those it installs, on its own platform.
import { readFileSync, writeFileSync } from "node:fs";
import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";

const path = "package-lock.json";
const systems = ["android", "darwin", "freebsd", "linux", "win32", "openharmony", "netbsd", "openbsd", "sunos", "aix"];
const processors = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64"];

function findWord(name: string, words: readonly string[]): string | undefined {
  const parts = name.split(/[/_-]/);
  return words.find((word) => parts.includes(word));
}

function describePackage(name: string, version: string, isDev: boolean): JsonObject {
  const [system, processor] = [findWord(name, systems), findWord(name, processors)];
  if (system === undefined || processor === undefined) throw new TypeError(`cannot tell the platform of ${name}`);
  return { version, cpu: [processor], dev: isDev ? true : undefined, license: "MIT", optional: true, os: [system] };
}

function isPresent(packages: JsonObject, name: string): boolean {
  return Object.keys(packages).some((place) => place === `node_modules/${name}` || place.endsWith(`/node_modules/${name}`));
}

function findMissing(packages: JsonObject): readonly (readonly [string, JsonValue])[] {
  return Object.values(packages).flatMap((entry) => {
    const optional = isJsonObject(entry) ? entry["optionalDependencies"] : undefined;
    if (!isJsonObject(entry) || !isJsonObject(optional)) return [];
    return Object.entries(optional).flatMap(([name, version]) => {
      if (typeof version !== "string" || isPresent(packages, name)) return [];
      return [[`node_modules/${name}`, describePackage(name, version, entry["dev"] === true)] as const];
    });
  });
}

const lock: unknown = JSON.parse(readFileSync(path, "utf8"));
if (!isJsonObject(lock) || !isJsonObject(lock["packages"])) throw new TypeError(`${path} has no packages`);
const { "": root, ...others } = lock["packages"];
const missing = findMissing(others);
const sorted = [...Object.entries(others), ...missing].toSorted(([left], [right]) => (left < right ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: { "": root, ...Object.fromEntries(sorted) } }, null, 2)}\n`);
console.log(`${missing.length} packages of other platforms added to ${path}`);
