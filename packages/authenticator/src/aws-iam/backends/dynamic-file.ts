import type { BackendView } from "../mapping/map-identity.ts";
import { MappingIndex } from "../mapping/mapping-index.ts";
import { parseDynamicFile } from "../mapping/parse-mapping.ts";
import { emptyMappingSet, type MappingProblem, type MappingSet } from "../mapping/rule.ts";
import type { Backend, OnProblems } from "./backend.ts";
import { type FileWatch, type ReadFile, watchFile } from "./watched-file.ts";

/** What a dynamic file needs. */
export interface DynamicFileOptions {
  readonly path: string;
  /** Entries are found by `userid`, and their ARN must fit too. */
  readonly isStrict: boolean;
  readonly reservedPrefixes: readonly string[];
  readonly read: ReadFile;
  readonly sleep: FileWatch["sleep"];
  readonly onProblems: OnProblems;
  readonly onFailure: (message: string) => void;
}

const broken: MappingProblem = {
  place: "the file",
  severity: "error",
  code: "JSON_BROKEN",
  message: "it is no JSON object with lists of entries: what was read before counts on",
};

/** A JSON file that something else rewrites, looked at twice a second. Not there means empty; broken means as before. */
export function startDynamicFile(options: DynamicFileOptions): Backend {
  const { path, isStrict, reservedPrefixes, read, sleep, onFailure } = options;
  const controller = new AbortController();
  let view: BackendView = { name: "DynamicFile", index: undefined, reservedPrefixes };
  const take = (set: MappingSet): void => {
    const index = new MappingIndex(set, isStrict);
    view = { name: "DynamicFile", index, reservedPrefixes };
    options.onProblems("DynamicFile", [...set.problems, ...index.findProblems()]);
  };
  const onContent = (content: string | undefined): void => {
    const set = content === undefined ? emptyMappingSet : parseDynamicFile(content, isStrict);
    if (set !== undefined) take(set);
    else options.onProblems("DynamicFile", [broken]);
  };
  const ended = watchFile({ path, read, sleep, onContent, onFailure }, controller.signal);
  return {
    view: () => view,
    close: async () => {
      controller.abort();
      await ended;
    },
  };
}
