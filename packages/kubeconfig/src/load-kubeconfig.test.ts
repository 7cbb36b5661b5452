import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listKubeconfigPaths, loadKubeconfig } from "./load-kubeconfig.ts";
import { mergeKubeconfigs } from "./merge-kubeconfigs.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";
import { placeKubeconfig } from "./place-kubeconfig.ts";
import { createTemporaryFolder, type TemporaryFolder } from "./test-support/temporary-folder.ts";

let folder: TemporaryFolder;
beforeEach(() => void (folder = createTemporaryFolder()));
afterEach(() => folder.remove());

describe("which files", () => {
  test.each<[string, Record<string, string>, NodeJS.Platform, readonly string[]]>([
    ["the list, each once, without empty names", { KUBECONFIG: "/a::/b:/a", HOME: "/h" }, "linux", ["/a", "/b"]],
    ["the home folder's", { HOME: "/h" }, "linux", ["/h/.kube/config"]],
    ["the home folder's for an empty variable", { KUBECONFIG: "", HOME: "/h" }, "linux", ["/h/.kube/config"]],
    ["a relative one without a home folder", {}, "linux", [".kube/config"]],
    ["the list of Windows", { KUBECONFIG: "C:\\a;D:\\b" }, "win32", ["C:\\a", "D:\\b"]],
    ["the profile of Windows", { USERPROFILE: "C:\\Users\\me" }, "win32", ["C:\\Users\\me\\.kube\\config"]],
  ])("%s", (_name, variables, platform, paths) => {
    expect(listKubeconfigPaths({ variables, platform })).toEqual(paths);
  });
});

describe("several files", () => {
  test("become one in which the first that has a name wins with its whole entry", () => {
    const [one, two] = [
      parseKubeconfig("users: [{name: a, user: {token: one}}]\ncurrent-context: ''\npreferences: {colors: true}"),
      parseKubeconfig("users: [{name: a, user: {username: x, password: pw}}, {name: b}]\ncurrent-context: two"),
    ];
    const merged = mergeKubeconfigs([one, two]);
    expect(merged.users.get("a")?.token?.reveal()).toBe("one");
    expect(merged.users.get("a")?.username).toBe("");
    expect([...merged.users.keys()]).toEqual(["a", "b"]);
    expect(merged.currentContext).toBe("two");
    expect(merged.preferences.colors).toBe(true);
  });

  test("keep paths relative to the file that has them", () => {
    const user = "user: {tokenFile: t, client-certificate: ../c, client-key: /k, exec: {command: bin/x}}";
    const one = folder.write("one/config", `users: [{name: a, ${user}}]\nclusters: [{name: k, cluster: {certificate-authority: ./ca}}]`);
    const two = folder.write("two/config", "users: [{name: b, user: {tokenFile: t, exec: {command: plugin}}}]");
    const merged = loadKubeconfig({ variables: { KUBECONFIG: `${one}:${join(folder.path, "gone")}:${two}` }, platform: "linux" });
    const a = merged.users.get("a");
    expect(a).toMatchObject({
      tokenFile: join(folder.path, "one/t"),
      clientCertificate: join(folder.path, "c"),
      clientKey: "/k",
      origin: one,
    });
    expect(a?.exec?.command).toBe(join(folder.path, "one/bin/x"));
    expect(merged.users.get("b")).toMatchObject({ tokenFile: join(folder.path, "two/t"), origin: two });
    expect(merged.users.get("b")?.exec?.command).toBe("plugin");
    expect(merged.clusters.get("k")?.certificateAuthority).toBe(join(folder.path, "one/ca"));
  });

  test("may all be missing, which is worth a warning when they were named", () => {
    const warnings: string[] = [];
    const load = (variables: Record<string, string>): number =>
      loadKubeconfig({ variables, platform: "linux" }, { warn: (message) => void warnings.push(message) }).contexts.size;
    expect(load({ HOME: folder.path })).toBe(0);
    expect(load({ KUBECONFIG: "/nowhere/a:/nowhere/b" })).toBe(0);
    expect(warnings).toEqual(["Config not found: /nowhere/a, /nowhere/b"]);
  });

  test("of Windows have commands with a backslash as paths, and those with a slash not", () => {
    const parsed = parseKubeconfig("users: [{name: a, user: {exec: {command: 'bin\\x'}}}, {name: b, user: {exec: {command: bin/x}}}]");
    const placed = placeKubeconfig(parsed, "C:\\k\\config", "win32");
    expect(placed.users.get("a")?.exec?.command).toBe("C:\\k\\bin\\x");
    expect(placed.users.get("b")?.exec?.command).toBe("bin/x");
  });
});
