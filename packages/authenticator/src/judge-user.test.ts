import { expect, test } from "vitest";
import { judgeUser } from "./judge-user.ts";

const user = { username: "anna", uid: "1", groups: ["dev"], extra: { "example.com/k": ["v", ""] } };
const nobody = new Set<string>();

test.each([
  [user],
  [{ ...user, username: "anna@example.com", groups: [] }],
  [{ ...user, username: "https://issuer.example#anna", uid: "" }],
  [{ ...user, username: "system" }],
  [{ ...user, username: "systems:x", groups: ["my-system:masters"] }],
  [{ ...user, username: "Ánna Größe 名" }],
])("%j may be told", (told) => {
  expect(judgeUser(told, nobody)).toBeUndefined();
});

test.each([
  ["NAME_EMPTY", { ...user, username: "" }],
  ["NAME_EMPTY", { ...user, groups: ["dev", ""] }],
  ["NAME_UNSAFE", { ...user, username: " anna" }],
  ["NAME_UNSAFE", { ...user, username: "anna\u00a0" }],
  ["NAME_UNSAFE", { ...user, username: " " }],
  ["NAME_UNSAFE", { ...user, username: "an\u0000na" }],
  ["NAME_UNSAFE", { ...user, username: "anna\n" }],
  ["NAME_UNSAFE", { ...user, username: "an\u202ena" }],
  ["NAME_UNSAFE", { ...user, username: "\u200bsystem:admin" }],
  ["NAME_UNSAFE", { ...user, username: "\ufeffanna" }],
  ["NAME_UNSAFE", { ...user, username: "\ud800" }],
  ["NAME_UNSAFE", { ...user, username: "an\u3164na" }],
  ["NAME_UNSAFE", { ...user, username: "an\u115fna" }],
  ["NAME_UNSAFE", { ...user, username: "an\u034fna" }],
  ["NAME_UNSAFE", { ...user, username: "an\ufe0fna" }],
  ["NAME_UNSAFE", { ...user, username: "an\u{e0100}na" }],
  ["NAME_UNSAFE", { ...user, username: "an\u2800na" }],
  ["NAME_UNSAFE", { ...user, groups: ["dev\u3164"] }],
  ["NAME_UNSAFE", { ...user, uid: "1\u115f" }],
  ["NAME_UNSAFE", { ...user, extra: { "k\ufe0f": ["v"] } }],
  ["NAME_UNSAFE", { ...user, extra: { k: ["v\u2800"] } }],
  ["NAME_UNSAFE", { ...user, groups: ["dev\u2028"] }],
  ["NAME_UNSAFE", { ...user, uid: "1\r\n2" }],
  ["NAME_UNSAFE", { ...user, extra: { "": ["v"] } }],
  ["NAME_UNSAFE", { ...user, extra: { "k ": ["v"] } }],
  ["NAME_UNSAFE", { ...user, extra: { k: ["v\u0007"] } }],
  ["NAME_RESERVED", { ...user, username: "system:admin" }],
  ["NAME_RESERVED", { ...user, username: "system:" }],
  ["NAME_RESERVED", { ...user, username: "system:serviceaccount:kube-system:default" }],
  ["NAME_RESERVED", { ...user, groups: ["dev", "system:masters"] }],
  ["NAME_RESERVED", { ...user, groups: ["system:authenticated"] }],
])("%s: %j may not be told", (code, told) => {
  expect(judgeUser(told, nobody)?.code).toBe(code);
});

test("a reserved name is told when it is allowed letter by letter, and no other with it", () => {
  const allowed = new Set(["system:node:a"]);
  expect(judgeUser({ ...user, username: "system:node:a" }, allowed)).toBeUndefined();
  expect(judgeUser({ ...user, username: "system:node:ab" }, allowed)?.code).toBe("NAME_RESERVED");
  expect(judgeUser({ ...user, username: "system:node:A" }, allowed)?.code).toBe("NAME_RESERVED");
});
