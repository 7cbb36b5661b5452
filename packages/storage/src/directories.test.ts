import { expect, test } from "vitest";
import { chooseHome, resolveDirectories, type DirectoryFacts } from "./directories.ts";

const linux: DirectoryFacts = {
  name: "kubepass",
  variables: {},
  platform: "linux",
  home: "/home/anna",
  userId: 1000,
  isOwnDirectory: () => true,
};

test("with an empty environment the same folders are found as from a shell", () => {
  const fromShell = resolveDirectories({ ...linux, variables: { HOME: "/home/anna", XDG_RUNTIME_DIR: "/run/user/1000" } });
  expect(resolveDirectories(linux)).toEqual(fromShell);
  expect(fromShell).toEqual({
    home: "/home/anna",
    config: "/home/anna/.config/kubepass",
    state: "/home/anna/.local/state/kubepass",
    cache: "/home/anna/.cache/kubepass",
    runtime: "/run/user/1000/kubepass",
  });
});

test.each<[string, Partial<DirectoryFacts>, string]>([
  ["there is no runtime folder of the system", { isOwnDirectory: () => false }, "/home/anna/.cache/kubepass/runtime"],
  [
    "the runtime folder belongs to somebody else",
    { variables: { XDG_RUNTIME_DIR: "/run/user/0" }, isOwnDirectory: (path) => path !== "/run/user/0" },
    "/run/user/1000/kubepass",
  ],
  ["the variable is relative", { variables: { XDG_RUNTIME_DIR: "run" } }, "/run/user/1000/kubepass"],
  ["it is overridden", { variables: { KUBEPASS_RUNTIME_DIR: "/tmp/own" } }, "/tmp/own"],
  ["the plugin has a name of its own", { name: "acme-login", variables: { ACME_LOGIN_RUNTIME_DIR: "/tmp/acme" } }, "/tmp/acme"],
  ["it is macOS", { platform: "darwin", userId: 501, home: "/Users/anna" }, "/Users/anna/.cache/kubepass/runtime"],
  [
    "it is Windows",
    { platform: "win32", userId: undefined, home: "C:\\Users\\anna", variables: { LOCALAPPDATA: "C:\\Users\\anna\\AppData\\Local" } },
    "C:\\Users\\anna\\AppData\\Local\\kubepass\\runtime",
  ],
])("credentials go to the right place when %s", (_when, change, runtime) => {
  expect(resolveDirectories({ ...linux, ...change }).runtime).toBe(runtime);
});

const unknownUser = (): string => {
  throw new Error("ENOENT: no such file or directory, uv_os_homedir");
};

test.each<[string, readonly (() => string)[], string]>([
  ["HOME names it", [() => "/home/anna", unknownUser], "/home/anna"],
  ["HOME is empty", [() => "", () => "/home/anna"], "/home/anna"],
  ["HOME is relative", [() => "anna", () => "/home/anna"], "/home/anna"],
  ["neither HOME nor the list of users knows one, as in a container with a made-up user", [unknownUser, unknownUser], "/"],
])("the home folder is absolute when %s", (_when, sources, home) => {
  expect(chooseHome(...sources)).toBe(home);
});
