import type { JsonObject } from "@kubepass/wire";
import { describe, expect, test } from "vitest";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { parseText } from "../parse-text.ts";
import { editKubeconfigText, type KubeconfigChange } from "./edit-kubeconfig.ts";

const commented = `users:
# anna, of the team
- name: anna # her
  user:
    as: boss # why
    # how she signs in
    auth-provider: # old
      name: oidc
      config: {id-token: s3cret}
    extra: 1 # unknown
- name: ben
  user:
    exec:
      # from aws
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws # the program
      args: # these
      - eks # gone with it
      env:
      # the profile
      - {name: AWS_PROFILE, value: "work"} # p
      future: yes
      # the end
# after all
contexts: []
`;

describe("a text whose users are made to sign in otherwise", () => {
  test("keeps what people wrote beside them, and what it does not know", () => {
    const edited = editKubeconfigText(commented, (document) => {
      document.replaceMember("users", "anna", "auth-provider", "exec", { command: "kubepass", args: ["a"] });
      document.setMembers("users", "ben", "exec", {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "kubepass",
        args: ["b"],
        env: undefined,
        provideClusterInfo: false,
      });
    });
    const lines = edited.split("\n").map((line) => line.trim());
    const lost = commented.split("\n").filter((line) => !lines.includes(line.trim()));
    expect(lost.map((line) => line.trim())).toEqual([
      "auth-provider: # old",
      "name: oidc",
      "config: {id-token: s3cret}",
      "command: aws # the program",
      "args: # these",
      "- eks # gone with it",
    ]);
    for (const kept of ["# old", "command: kubepass # the program", "# these"]) expect(lines).toContain(kept);
    const { users } = parseKubeconfig(edited);
    expect(users.get("anna")).toMatchObject({ impersonate: "boss", authProvider: undefined, exec: { command: "kubepass", args: ["a"] } });
    expect(users.get("ben")?.exec).toMatchObject({ command: "kubepass", args: ["b"], provideClusterInfo: false });
    expect(users.get("ben")?.exec?.env.map(({ name }) => name)).toEqual(["AWS_PROFILE"]);
  });

  test("keeps how a member is written that says the same already, and no other", () => {
    const text = `x: &x [work, "1"]
users:
- name: a
  user:
    exec:
      command: 'c' # the program
      list:
      # these
      - "get-token" # first
      # why
      - --flag
      - '1'
      alias: *x
      on: yes
      off: "true"
      maps:
      - {value: "v", name: m} # as it was
      hint: |-
        two
        lines
`;
    const args = ["get-token", "--flag", "1"];
    const same = { command: "c", list: args, alias: ["work", "1"], on: true, maps: [{ name: "m", value: "v" }], hint: "two\nlines" };
    const set = (content: JsonObject): string => editKubeconfigText(text, (document) => document.setMembers("users", "a", "exec", content));
    expect(set(same)).toBe(text);
    expect(set({ off: true })).toBe(text.replace('"true"', "true"));
    for (const other of [args.slice(1), [...args, "x"], ["get-token", "--flag", 1], ["get-token", "--flag", "2"], "get-token", { a: "b" }])
      expect(set({ list: other })).not.toBe(text);
    for (const other of [[{ name: "m" }], [{ name: "m", value: "w" }], [{ name: "m", values: "v" }], ["n"]])
      expect(set({ maps: other })).not.toContain("as it was");
  });

  test("has every argument in one line, whatever it holds", () => {
    const args = ["a\nb", "\u001b[31m", "\u0000", " x ", "#", "- y", "é\u2028"];
    const edited = editKubeconfigText("users: [{name: a, user: {auth-provider: {name: oidc}}}]\n", (document) =>
      document.replaceMember("users", "a", "auth-provider", "exec", { command: "k", args }),
    );
    expect(parseKubeconfig(edited).users.get("a")?.exec?.args).toEqual(args);
    expect(edited).toContain('"a\\nb"');
  });

  const replace: KubeconfigChange = (document) => document.replaceMember("users", "a", "auth-provider", "exec", { command: "k" });
  const set: KubeconfigChange = (document) => document.setMembers("users", "a", "exec", { command: "k" });

  test.each<[string, string, KubeconfigChange]>([
    ["an auth-provider that a merge brings in", "x: &x {auth-provider: {name: oidc}}\nusers: [{name: a, user: {<<: *x}}]", replace],
    [
      "an auth-provider beside a merge that could bring in another",
      "x: &x {auth-provider: {name: oidc}}\nusers: [{name: a, user: {<<: *x, auth-provider: {name: gcp}}}]",
      replace,
    ],
    ["an auth-provider that is not there", "users: [{name: a, user: {token: t}}]", replace],
    [
      "an auth-provider that others share",
      "users: [{name: a, user: {auth-provider: &p {name: oidc}}}, {name: b, user: {auth-provider: *p}}]",
      replace,
    ],
    ["a plugin that others share", "users: [{name: a, user: {exec: &p {command: c}}}, {name: b, user: {exec: *p}}]", set],
    ["a plugin that is not there", "users: [{name: a, user: {token: t}}]", set],
    ["a user that is not there", "users: []", set],
  ])("is refused for %s", (_name, text, change) => {
    expect(() => editKubeconfigText(text, change)).toThrow(expect.objectContaining({ code: "KUBECONFIG_INVALID" }));
  });
});

test.each(["\n", "\r\n"])("keeps a quoted text that goes on over an empty line, with line ends %j", (end) => {
  const text = 'note: "a\\\n\n  b"\nusers: []\n'.replaceAll("\n", end);
  const edited = editKubeconfigText(text, (document) => document.setCurrentContext("x"));
  expect(parseText(edited)).toEqual({ note: "a\nb", users: [], "current-context": "x" });
});
