import { posix, win32 } from "node:path";
import { CredentialError, isCredentialError } from "@kubepass/wire";
import type { KubeconfigEnvironment, Warn } from "./environment.ts";
import { findHome } from "./find-home.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { mergeKubeconfigs } from "./merge-kubeconfigs.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";
import { placeKubeconfig } from "./place-kubeconfig.ts";
import { findFile } from "./read-file.ts";

/** Which kubeconfig is read, and how. */
export interface LoadOptions {
  /** Only this file, as with `--kubeconfig`; it must exist. */
  readonly path?: string | undefined;
  /** Leaves relative paths as the files have them. */
  readonly keepsPaths?: boolean | undefined;
  /** The largest file that is read; default 32 MiB. */
  readonly maxBytes?: number | undefined;
  /** Refuses pipes and devices, which client-go reads. */
  readonly isRegularOnly?: boolean | undefined;
  /** Told when every file of `KUBECONFIG` is missing. */
  readonly warn?: Warn | undefined;
}

/** Where kubeconfigs lie by the rules of kubectl: `KUBECONFIG`, a list, each file once; else `~/.kube/config`. */
export function listKubeconfigPaths(environment: KubeconfigEnvironment): readonly string[] {
  const paths = environment.platform === "win32" ? win32 : posix;
  const given = environment.variables["KUBECONFIG"] ?? "";
  if (given !== "") return [...new Set(given.split(paths.delimiter))].filter((path) => path !== "");
  return [paths.join(findHome(environment), ".kube", "config")];
}

/** One file, placed; `undefined` when it does not exist. Throws `FILE_UNREADABLE` and `KUBECONFIG_INVALID`, naming the file. */
export function findKubeconfigFile(path: string, environment: KubeconfigEnvironment, options: LoadOptions = {}): Kubeconfig | undefined {
  try {
    const bytes = findFile(path, { limit: options.maxBytes, isRegularOnly: options.isRegularOnly });
    if (bytes === undefined) return undefined;
    return placeKubeconfig(parseKubeconfig(bytes), path, environment.platform, options.keepsPaths);
  } catch (error) {
    if (!isCredentialError(error)) throw error;
    throw new CredentialError(error.code, `error loading config file "${path}": ${error.message}`, { hint: error.hint, cause: error });
  }
}

function reportTogether(errors: readonly CredentialError[]): CredentialError | undefined {
  const [first] = errors;
  if (errors.length < 2 || first === undefined) return first;
  const code = errors.find((error) => error.code === "KUBECONFIG_INVALID")?.code ?? first.code;
  const problems = errors.map((error) => error.message);
  return new CredentialError(code, "", { problems, areProblemsBracketed: true, hint: first.hint, cause: first });
}

function tryFile(path: string, environment: KubeconfigEnvironment, options: LoadOptions): Kubeconfig | CredentialError | undefined {
  try {
    return findKubeconfigFile(path, environment, options);
  } catch (error) {
    if (isCredentialError(error)) return error;
    throw error;
  }
}

/** One file of a kubeconfig, and what it says. */
export interface KubeconfigFile {
  readonly path: string;
  readonly kubeconfig: Kubeconfig;
}

/** The files that a kubeconfig is merged from. */
export interface KubeconfigFiles {
  readonly loaded: readonly KubeconfigFile[];
  /** Files that do not exist. */
  readonly missing: readonly string[];
}

interface FileResults extends KubeconfigFiles {
  readonly errors: readonly CredentialError[];
}

function readAll(paths: readonly string[], environment: KubeconfigEnvironment, options: LoadOptions): FileResults {
  const results = paths.map((path) => ({ path, result: tryFile(path, environment, options) }));
  return {
    loaded: results.flatMap(({ path, result }) =>
      result === undefined || result instanceof CredentialError ? [] : [{ path, kubeconfig: result }],
    ),
    missing: results.flatMap(({ path, result }) => (result === undefined ? [path] : [])),
    errors: results.flatMap(({ result }) => (result instanceof CredentialError ? [result] : [])),
  };
}

/** Each of the files, placed, in their order. Every broken one is reported. Throws `FILE_UNREADABLE` and `KUBECONFIG_INVALID`. */
export function loadKubeconfigFiles(
  paths: readonly string[],
  environment: KubeconfigEnvironment,
  options: LoadOptions = {},
): KubeconfigFiles {
  const { errors, ...files } = readAll(paths, environment, options);
  const failure = reportTogether(errors);
  if (failure !== undefined) throw failure;
  return files;
}

function loadAll(environment: KubeconfigEnvironment, options: LoadOptions): Kubeconfig {
  const { loaded, missing, errors } = readAll(listKubeconfigPaths(environment), environment, options);
  const isListed = (environment.variables["KUBECONFIG"] ?? "") !== "";
  if (loaded.length === 0 && isListed && missing.length > 0) options.warn?.(`Config not found: ${missing.join(", ")}`);
  const failure = reportTogether(errors);
  if (failure !== undefined) throw failure;
  return mergeKubeconfigs(loaded.map(({ kubeconfig }) => kubeconfig));
}

/**
 * The kubeconfig that kubectl would use: `path` alone, else the files of `KUBECONFIG` merged, else `~/.kube/config`. Missing
 * files are skipped, but `path` must exist. Every broken file is reported. Throws `FILE_UNREADABLE` and `KUBECONFIG_INVALID`.
 */
export function loadKubeconfig(environment: KubeconfigEnvironment, options: LoadOptions = {}): Kubeconfig {
  const { path } = options;
  if (path === undefined || path === "") return loadAll(environment, options);
  const kubeconfig = findKubeconfigFile(path, environment, options);
  if (kubeconfig !== undefined) return kubeconfig;
  throw new CredentialError("FILE_UNREADABLE", `stat ${path}: no such file or directory`, { hint: "check the path of the kubeconfig" });
}
