import { expect, test } from "vitest";
import { mergeVariables } from "./merge-variables.ts";

const layers = [
  { PATH: "/inherited", HOME: "/home" },
  { Path: "/of-the-stanza", kubernetes_exec_info: "forged" },
  { KUBERNETES_EXEC_INFO: "{}" },
];

test("a plugin's variables win over inherited ones, and the exec info over both, however Windows spells them", () => {
  expect(mergeVariables(layers, "win32")).toEqual({ Path: "/of-the-stanza", HOME: "/home", KUBERNETES_EXEC_INFO: "{}" });
});

test("elsewhere names of other letters are other variables", () => {
  expect(mergeVariables(layers, "linux")).toEqual({
    PATH: "/inherited",
    HOME: "/home",
    Path: "/of-the-stanza",
    kubernetes_exec_info: "forged",
    KUBERNETES_EXEC_INFO: "{}",
  });
});
