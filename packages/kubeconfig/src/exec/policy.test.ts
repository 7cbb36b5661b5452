import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFolder, createTestClientHost } from "../test-support/client-scene.ts";
import { formatCommandLine } from "./batch-command.ts";
import { findProgram, listWindowsCandidates, parsePathExtensions } from "./find-program.ts";
import { judgeInteractivity } from "./interactivity.ts";
import { loadPluginPolicy, parsePluginPolicy } from "./load-plugin-policy.ts";
import { checkPluginPolicy, cleanPath, judgePluginPolicy, type PluginPolicy } from "./plugin-policy.ts";

test.each([
  ["Never", true, false, false],
  ["IfAvailable", true, false, true],
  ["IfAvailable", true, true, false],
  ["IfAvailable", false, false, false],
  ["Always", true, false, true],
])("%s with a terminal (%s) that is taken (%s) may ask: %s", (mode, isTerminal, isTaken, expected) => {
  expect(judgeInteractivity(mode, { isTerminal, isTaken })).toBe(expected);
});

test.each([
  ["Always", false, false, "LOGIN_REQUIRED", "is not a terminal"],
  ["Always", true, true, "LOGIN_REQUIRED", "unavailable: used by stdin resource manifest reader"],
  ["", true, false, "CONFIG_INVALID", 'unknown interactiveMode ""'],
  ["never", true, false, "CONFIG_INVALID", "unknown"],
])("%s with a terminal (%s) that is taken (%s) is %s", (mode, isTerminal, isTaken, code, text) => {
  const judge = (): boolean => judgeInteractivity(mode, { isTerminal, isTaken, takenBy: "used by stdin resource manifest reader" });
  expect(judge).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }));
});

function createPrograms(): { readonly folder: string; readonly places: Parameters<typeof findProgram>[1] } {
  const folder = createFolder();
  for (const name of ["plugin", "other", "unready"]) writeFileSync(join(folder, name), "#!/bin/sh\n");
  for (const name of ["plugin", "other"]) chmodSync(join(folder, name), 0o755);
  mkdirSync(join(folder, "folder"));
  return { folder, places: { variables: { PATH: `/nowhere:${folder}` }, platform: "linux" } };
}

test("a name is looked for in PATH, a path is taken as it is", () => {
  const { folder, places } = createPrograms();
  expect(findProgram("plugin", places)).toEqual({ kind: "found", path: join(folder, "plugin") });
  expect(findProgram(join(folder, "plugin"), places)).toEqual({ kind: "found", path: join(folder, "plugin") });
  for (const name of ["missing", "unready", "folder", "", "a\u0000b", join(folder, "folder"), "./plugin"]) {
    expect(findProgram(name, places)).toEqual({ kind: "missing" });
  }
});

test("what only the working folder has is not run for a bare name", () => {
  expect(findProgram("package.json", { variables: { PATH: ":" }, platform: "linux" })).toEqual({ kind: "missing" });
  const folder = createFolder();
  writeFileSync(join(folder, "x"), "");
  chmodSync(join(folder, "x"), 0o755);
  const relative = join("..", "..", "..", "..", "..", "..", folder);
  expect(findProgram("x", { variables: { PATH: relative }, platform: "linux" })).toEqual({ kind: "only-in-working-folder" });
});

test("Windows tries the extensions of PATHEXT", () => {
  expect(parsePathExtensions(".EXE;cmd;")).toEqual([".exe", ".cmd"]);
  expect(parsePathExtensions("")).toEqual([".com", ".exe", ".bat", ".cmd"]);
  expect(listWindowsCandidates("C:\\bin\\plugin", [".exe", ".cmd"])).toEqual(["C:\\bin\\plugin.exe", "C:\\bin\\plugin.cmd"]);
  expect(listWindowsCandidates("plugin.py", [".exe"])).toEqual(["plugin.py", "plugin.py.exe"]);
});

test("a batch file gets quoted arguments through cmd.exe, and anything else is started as it is", () => {
  expect(formatCommandLine("C:\\x\\p.exe", ["a b"], "win32")).toEqual({ program: "C:\\x\\p.exe", args: ["a b"], isVerbatim: false });
  expect(formatCommandLine("/x/p.cmd", ["a"], "linux")).toEqual({ program: "/x/p.cmd", args: ["a"], isVerbatim: false });
  expect(formatCommandLine("C:\\x y\\p.CMD", ["a&calc", "b|c", "d\\"], "win32")).toEqual({
    program: "cmd.exe",
    args: ["/d", "/v:off", "/s", "/c", '""C:\\x y\\p.CMD" "a&calc" "b|c" "d\\\\""'],
    isVerbatim: true,
  });
});

test.each(['a"b', "%PATH%", "!x!", "a\r\nb", "a\u0000"])("%j is not given to a batch file", (argument) => {
  expect(() => formatCommandLine("p.bat", [argument], "win32")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => formatCommandLine("p.bat. ", [argument], "win32")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test.each([
  ["/a//b/", "linux", "/a/b"],
  ["./a/../b", "linux", "b"],
  ["/", "linux", "/"],
  ["C:\\a\\.\\b\\", "win32", "C:\\a\\b"],
] as const)("%s on %s is %s", (path, platform, expected) => {
  expect(cleanPath(path, platform)).toBe(expected);
});

test.each([
  [{ type: "", allowlist: [] }, "there is an allowlist"],
  [{ type: "AllowAll", allowlist: ["a"] }, "there is an allowlist"],
  [{ type: "DenyAll", allowlist: [] }, "there is an allowlist"],
  [{ type: "Allowlist" }, "no allowlist"],
  [{ type: "Allowlist", allowlist: [] }, "use DenyAll"],
  [{ type: "Allowlist", allowlist: ["a", ""] }, "entry #2 is empty"],
  [{ type: "Allowlist", allowlist: ["./a//b"] }, "not normalized"],
  [{ type: "HIGHLYILLEGAL" }, "is unknown"],
] as const)("the policy %j is misconfigured", (policy, text) => {
  const judge = (): void => judgePluginPolicy(policy, "linux");
  expect(judge).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(text) }));
});

test("an allowlist compares files, whether entry and command are names or paths", () => {
  const { folder, places } = createPrograms();
  const path = join(folder, "plugin");
  const check = (policy: PluginPolicy, command: string): void => checkPluginPolicy(policy, command, findProgram(command, places), places);
  for (const entry of ["plugin", path]) {
    for (const command of ["plugin", path]) {
      expect(() => check({ type: "Allowlist", allowlist: ["/elsewhere/plugin", entry] }, command)).not.toThrow();
    }
    for (const command of ["other", join(folder, "other"), "missing", "/elsewhere/plugin"]) {
      expect(() => check({ type: "Allowlist", allowlist: [entry] }, command)).toThrow(expect.objectContaining({ code: "POLICY_REFUSED" }));
    }
  }
  expect(() => check({ type: "DenyAll" }, "plugin")).toThrow(expect.objectContaining({ code: "POLICY_REFUSED" }));
  expect(() => check({ type: "AllowAll" }, "missing")).not.toThrow();
});

const preference = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";

test("kuberc says which plugins may run", () => {
  const parse = (text: string): PluginPolicy | undefined => parsePluginPolicy(`${preference}${text}`, "kuberc", "linux");
  expect(parse("")).toBeUndefined();
  expect(parse("credentialPluginPolicy: DenyAll\n")).toEqual({ type: "DenyAll", allowlist: undefined });
  expect(parse("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: a}, {name: b}, {name: c, command: c}]\n")).toEqual(
    {
      type: "Allowlist",
      allowlist: ["a", "b", "c"],
    },
  );
});

test.each([
  ["another document", "kind: Config\n"],
  ["no YAML", "a: [\n"],
  ["a policy that is unknown", `${preference}credentialPluginPolicy: foo\n`],
  ["an allowlist without a policy", `${preference}credentialPluginAllowlist: [{command: a}]\n`],
  ["an entry without a command", `${preference}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: ""}]\n`],
  ["an entry with two names", `${preference}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: a, name: b}]\n`],
  ["an allowlist that is no list", `${preference}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: a\n`],
  ["a bomb", `${preference}a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`],
])("kuberc with %s is refused", (_, text) => {
  expect(() => parsePluginPolicy(text, "kuberc", "linux")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test("kuberc is the given one, that of KUBERC, or the one in the home folder, which must not be broken", () => {
  const home = createFolder();
  mkdirSync(join(home, ".kube"));
  expect(loadPluginPolicy(createTestClientHost({ HOME: home }))).toBeUndefined();
  writeFileSync(join(home, ".kube", "kuberc"), `${preference}credentialPluginPolicy: DenyAll\n`);
  expect(loadPluginPolicy(createTestClientHost({ HOME: home }))).toMatchObject({ type: "DenyAll" });
  expect(loadPluginPolicy(createTestClientHost({ HOME: home, KUBERC: "off" }))).toBeUndefined();
  writeFileSync(join(home, ".kube", "kuberc"), "broken: [");
  expect(() => loadPluginPolicy(createTestClientHost({ HOME: home }))).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  const missing = (): unknown => loadPluginPolicy(createTestClientHost({ HOME: home, KUBERC: join(home, "none") }));
  expect(missing).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE" }));
});

test("a default kuberc that is a link to nowhere or to itself is an error, and one under a file is none", () => {
  const home = createFolder();
  const path = join(home, ".kube", "kuberc");
  const load = (): unknown => loadPluginPolicy(createTestClientHost({ HOME: home }));
  mkdirSync(join(home, ".kube"));
  for (const target of [join(home, "nowhere"), path]) {
    symlinkSync(target, path);
    expect(load).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE" }));
    rmSync(path);
  }
  rmSync(join(home, ".kube"), { recursive: true });
  writeFileSync(join(home, ".kube"), "");
  expect(load()).toBeUndefined();
});

test.runIf(userInfo().uid !== 0)("a default kuberc in a folder that may not be entered is an error", () => {
  const home = createFolder();
  mkdirSync(join(home, ".kube"));
  chmodSync(join(home, ".kube"), 0);
  try {
    expect(() => loadPluginPolicy(createTestClientHost({ HOME: home }))).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE" }));
  } finally {
    chmodSync(join(home, ".kube"), 0o700);
  }
});
