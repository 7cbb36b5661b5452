import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { type AwsIamConfig, parseAwsIamConfig } from "../config/parse-config.ts";
import { MappingIndex } from "../mapping/mapping-index.ts";
import { dynamicFileStyle, parseAwsAuth, parseIdentityMapping, parseMapping } from "../mapping/parse-mapping.ts";
import { hasUnquotedAccount, readYaml } from "../mapping/read-yaml.ts";
import type { BackendName, MappingProblem, MappingSet } from "../mapping/rule.ts";

/** A file that holds mappings, in one of the forms of aws-iam-authenticator. */
export interface MappingFile {
  /** The backend that reads this form. */
  readonly backend: BackendName;
  /** The server's configuration; present when the file is one that a server can start with. */
  readonly config?: AwsIamConfig | undefined;
  readonly set: MappingSet;
  readonly problems: readonly MappingProblem[];
}

function findMember(object: JsonObject, name: string): unknown {
  const found = Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : object[found];
}

function mergeSets(sets: readonly MappingSet[]): MappingSet {
  return {
    rules: sets.flatMap(({ rules }) => rules),
    accounts: new Set(sets.flatMap(({ accounts }) => [...accounts])),
    problems: sets.flatMap(({ problems }) => problems),
  };
}

function withProblems(backend: BackendName, set: MappingSet, isStrict = false): MappingFile {
  return { backend, set, problems: [...set.problems, ...new MappingIndex(set, isStrict).findProblems()] };
}

function readObjects(document: JsonObject): MappingFile | undefined {
  const { kind, items } = document;
  const objects: readonly unknown[] = Array.isArray(items) ? items : [document];
  const kinds = objects.map((object) => (isJsonObject(object) ? object["kind"] : undefined));
  if (kind === "IAMIdentityMappingList" || (kinds.length > 0 && kinds.every((each) => each === "IAMIdentityMapping")))
    return withProblems("CRD", mergeSets(objects.map((object) => parseIdentityMapping(object))));
  const configMap = objects.find((object) => isJsonObject(object) && object["kind"] === "ConfigMap");
  if (!isJsonObject(configMap)) return undefined;
  return withProblems("EKSConfigMap", parseAwsAuth(isJsonObject(configMap["data"]) ? configMap["data"] : {}));
}

function readLists(document: JsonObject, isStrict: boolean): MappingFile | undefined {
  const [mapRoles, mapUsers, mapAccounts] = ["mapRoles", "mapUsers", "mapAccounts"].map((name) => findMember(document, name));
  const lists = [mapRoles, mapUsers, mapAccounts].filter((list) => list !== undefined);
  if (lists.length === 0) return undefined;
  if (lists.some((list) => typeof list === "string")) return withProblems("EKSConfigMap", parseAwsAuth(document));
  return withProblems("DynamicFile", parseMapping({ mapRoles, mapUsers, mapAccounts }, dynamicFileStyle(isStrict)), isStrict);
}

function readConfig(text: string): MappingFile {
  const { config, problems } = parseAwsIamConfig(text);
  return { backend: "MountedFile", config, set: config?.mounted ?? { rules: [], accounts: new Set(), problems: [] }, problems };
}

function isConfig(document: JsonObject): boolean {
  return document["kind"] === undefined && ["server", "clusterID"].some((name) => findMember(document, name) !== undefined);
}

function withAccountWarning(file: MappingFile, text: string, document: JsonObject): MappingFile {
  const { data } = document;
  const texts = [text, ...Object.values(isJsonObject(data) ? data : {}).filter((each) => typeof each === "string")];
  if (!texts.some((each) => hasUnquotedAccount(each))) return file;
  const message = "twelve digits without quotes: other programs take them for a number and lose a leading zero";
  return { ...file, problems: [...file.problems, { place: "the file", severity: "warning", code: "ACCOUNT_UNQUOTED", message }] };
}

/**
 * Reads a file of mappings: the server's configuration, aws-auth as a manifest or its data, IAMIdentityMapping objects, or a
 * dynamic file (`isStrict` as in the server's configuration). `undefined` for a file of another kind. Never throws.
 */
export function readMappingFile(text: string, isStrict = false): MappingFile | undefined {
  const content = readYaml(text);
  if (content.kind === "broken" || !isJsonObject(content.value)) return undefined;
  const document = content.value;
  if (isConfig(document)) return readConfig(text);
  const file = document["kind"] === undefined ? readLists(document, isStrict) : readObjects(document);
  return file === undefined ? undefined : withAccountWarning(file, text, document);
}
