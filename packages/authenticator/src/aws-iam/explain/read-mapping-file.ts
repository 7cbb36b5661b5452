import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { type AwsIamConfig, parseAwsIamConfig } from "../config/parse-config.ts";
import { MappingIndex } from "../mapping/mapping-index.ts";
import { dynamicFileStyle, nameOf, parseAwsAuth, parseIdentityMappings, parseMapping } from "../mapping/parse-mapping.ts";
import { readYaml, type YamlContent } from "../mapping/read-yaml.ts";
import type { BackendName, MappingProblem, MappingSet } from "../mapping/rule.ts";
import { findTextProblems } from "../mapping/text-problems.ts";

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

function judgePlace(configMap: JsonObject): readonly MappingProblem[] {
  const metadata = isJsonObject(configMap["metadata"]) ? configMap["metadata"] : {};
  if (metadata["name"] === "aws-auth" && metadata["namespace"] === "kube-system") return [];
  const message = "the ConfigMap that is read is aws-auth in the namespace kube-system, and no other";
  return [{ place: "metadata", severity: "warning", code: "CONFIG_MAP_ELSEWHERE", message }];
}

function withProblems(backend: BackendName, set: MappingSet, isStrict = false): MappingFile {
  return { backend, set, problems: [...set.problems, ...new MappingIndex(set, isStrict).findProblems()] };
}

function readObjects(document: JsonObject): MappingFile | undefined {
  const { kind, items } = document;
  const objects: readonly unknown[] = Array.isArray(items) ? items : [document];
  const kinds = objects.map((object) => (isJsonObject(object) ? object["kind"] : undefined));
  if (kind === "IAMIdentityMappingList" || (kinds.length > 0 && kinds.every((each) => each === "IAMIdentityMapping")))
    return withProblems("CRD", parseIdentityMappings(objects));
  const configMaps = objects.filter((object) => isJsonObject(object) && object["kind"] === "ConfigMap");
  const configMap = configMaps.find((object) => nameOf(object) === "aws-auth") ?? configMaps[0];
  if (!isJsonObject(configMap)) return undefined;
  const file = withProblems("EKSConfigMap", parseAwsAuth(isJsonObject(configMap["data"]) ? configMap["data"] : {}));
  return { ...file, problems: [...judgePlace(configMap), ...file.problems] };
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

function withTextProblems(file: MappingFile, content: YamlContent, document: JsonObject): MappingFile {
  const { data } = document;
  const inner = Object.entries(isJsonObject(data) ? data : {}).flatMap(([name, each]): readonly [string, string][] =>
    typeof each === "string" ? [[name, each]] : [],
  );
  return { ...file, problems: [...file.problems, ...findTextProblems(content, Object.fromEntries(inner))] };
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
  return file === undefined ? undefined : withTextProblems(file, content, document);
}
