import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAwsIamConfig } from "./parse-config.ts";

const codes = (text: string): readonly string[] => parseAwsIamConfig(text).problems.map(({ place, code }) => `${place} ${code}`);

describe("aws-iam-authenticator's configuration file", () => {
  it("needs no more than a cluster id, and has its defaults", () => {
    expect(parseAwsIamConfig("clusterID: a").config).toMatchObject({
      clusterId: "a",
      partition: "aws",
      address: "127.0.0.1",
      port: 21_362,
      hostname: "localhost",
      stateDir: "/var/aws-iam-authenticator",
      backendModes: ["MountedFile"],
      describeInstancesQps: 15,
      describeInstancesBurst: 5,
    });
  });

  it("takes names in any case, old names of backends, and lists as one text", () => {
    const text = `CLUSTERID: a\nSERVER:\n  BackendMode: File,ConfigMap\n  dynamicfilePATH: ""\n  scrubbedaccounts: ["111122223333"]\n`;
    const { config } = parseAwsIamConfig(text);
    expect(config?.backendModes).toEqual(["MountedFile", "EKSConfigMap"]);
    expect([...(config?.scrubbedAccounts ?? [])]).toEqual(["111122223333"]);
  });

  it("reads mappings and reserved prefixes, and keeps accounts whose quotes were forgotten", () => {
    const text = `clusterID: a
server:
  mapAccounts: [012345678901]
  mapRoles: [{rolearn: "arn:aws:iam::012345678901:role/A", username: a, groups: "g,h"}]
  reservedPrefixConfig: [{backendmode: CRD, usernamePrefixReserveList: ["system:"]}]`;
    const { config, problems } = parseAwsIamConfig(text);
    expect([...(config?.mounted.accounts ?? [])]).toEqual(["012345678901"]);
    expect(config?.mounted.rules).toMatchObject([{ username: "a", groups: ["g", "h"] }]);
    expect(config?.reservedPrefixes.get("CRD")).toEqual(["system:"]);
    expect(problems.map(({ code }) => code)).toEqual(["ACCOUNT_UNQUOTED"]);
  });

  it("lets a broken entry out and starts", () => {
    const { config, problems } = parseAwsIamConfig(
      "clusterID: a\nserver: {mapRoles: [{username: x}, {rolearn: 'arn:aws:iam::012345678901:role/A', username: a}]}",
    );
    expect(config?.mounted.rules).toHaveLength(1);
    expect(problems.map(({ code }) => code)).toEqual(["ARN_MISSING"]);
  });

  it("lets a given cluster id win", () => {
    expect(parseAwsIamConfig("clusterID: a", "b").config?.clusterId).toBe("b");
  });

  it.each([
    ["server: {}", "clusterID CLUSTER_ID_INVALID"],
    ["clusterID: a\nserver: {partition: aws-x}", "server.partition PARTITION_UNKNOWN"],
    ["clusterID: a\nserver: {backendMode: [Magic]}", "server.backendMode BACKEND_UNKNOWN"],
    ["clusterID: a\nserver: {backendMode: [CRD, CRD]}", "server.backendMode BACKEND_TWICE"],
    ["clusterID: a\nserver: {backendMode: [DynamicFile]}", "server.dynamicfilepath DYNAMIC_FILE_HALF"],
    ["clusterID: a\nserver: {dynamicfilepath: /x}", "server.dynamicfilepath DYNAMIC_FILE_HALF"],
    ["clusterID: a\nserver: {port: many}", "server.port NUMBER_INVALID"],
    ["clusterID: a\nserver: {kubeconfigPregenerated: maybe}", "server.kubeconfigPregenerated TRUTH_INVALID"],
    ["clusterID: a\nserver: {scrubbedAccounts: {a: b}}", "server.scrubbedAccounts LIST_INVALID"],
    ["clusterID: a\nserver: {mapRoles: text}", "mapRoles LIST_INVALID"],
    ["clusterID: a\nserver: {mapUsers: {a: b}}", "mapUsers LIST_INVALID"],
    ["clusterID: a\nserver: {mapAccounts: 123456789012}", "mapAccounts LIST_INVALID"],
    ["clusterID: a\nserver: []", "server MAP_INVALID"],
    ["[]", "the file MAP_INVALID"],
    ["a: [", "the file YAML_BROKEN"],
  ])("refuses %j", (text, problem) => {
    expect(codes(text)).toContain(problem);
    expect(parseAwsIamConfig(text).config).toBeUndefined();
  });

  it("warns of names that mean nothing", () => {
    expect(codes("clusterID: a\nserver: {mapRole: []}")).toEqual(["server.maprole KEY_UNKNOWN"]);
  });

  it("is never thrown at, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseAwsIamConfig(text).problems.length + (parseAwsIamConfig(text).config === undefined ? 0 : 1)).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });
});
