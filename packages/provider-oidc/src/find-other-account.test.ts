import { getCredential } from "@kubepass/plugin-sdk";
import type { JsonObject } from "@kubepass/wire";
import { expect, test } from "vitest";
import { findOtherAccount } from "./find-other-account.ts";
import { setScene } from "./test-support/scene.ts";

test.each<[string | undefined, JsonObject | undefined, string | undefined]>([
  ["anna@example.com", { email: "anna@example.com" }, undefined],
  ["Anna@Example.com", { email: "anna@example.COM" }, undefined],
  ["anna@example.com", { email: "a.other@example.com", preferred_username: "anna@example.com" }, undefined],
  ["anna@example.com", { email: "bob@example.com", upn: "bob@corp.example" }, "bob@example.com"],
  ["anna@example.com", { preferred_username: "anna" }, undefined],
  ["anna@example.com", { email: 5 }, undefined],
  ["anna@example.com", {}, undefined],
  ["anna@example.com", undefined, undefined],
  ["work", { email: "bob@example.com" }, undefined],
  [undefined, { email: "bob@example.com" }, undefined],
])("who asked for %s and got %j is told of %s", (account, claims, other) => {
  expect(findOtherAccount(account, claims)).toBe(other);
});

test("a person who signs in by another name than the one asked for is warned, and told how to change", async () => {
  const scene = await setScene();
  scene.issuer.claims = { email: "bob@example.com" };
  await getCredential(scene.request({ account: "anna@example.com" }), scene.host);
  expect(scene.host.output()).toContain(
    "warning: another account signed in than the one that was asked for (account: anna@example.com, signedInAs: bob@example.com, hint: ",
  );
});
