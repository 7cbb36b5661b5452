import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { artefacts } from "./test-support/places.ts";
import { openRunRecord } from "./test-support/run-record.ts";

// Shorter ones would be found everywhere by chance.
const minLength = 12;

// Each in the forms in which it could slip through.
function listForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("hex")];
}

it("no secret of the whole run is in anything that was printed, logged, or left where no secret belongs", () => {
  const record = openRunRecord(inject("cluster").folder);
  const secrets = record.secrets().filter(({ secret }) => secret.length >= minLength);
  const outputs = record.outputs();
  // A search that had nothing to look for or nothing to look at proves nothing.
  const kinds = ["id_token", "access_token", "refresh_token", "code", "code_verifier", "password", "device_code"];
  expect([...new Set(secrets.map(({ kind }) => kind))]).toEqual(expect.arrayContaining(kinds));
  expect(outputs.length).toBeGreaterThan(50);
  expect(outputs.some(({ text }) => text.includes("kubepass: debug: request"))).toBe(true);

  const logs = readdirSync(artefacts)
    .filter((name) => name === "kube-apiserver.log")
    .map((name) => ({ source: name, text: readFileSync(join(artefacts, name), "utf8") }));
  const found: string[] = [];
  for (const { kind, secret } of secrets) {
    const forms = listForms(secret);
    for (const { source, text } of [...outputs, ...logs]) if (forms.some((form) => text.includes(form))) found.push(`${kind} in ${source}`);
  }
  const [inStores, elsewhere] = [
    found.filter((place) => place.includes(" in store ")),
    found.filter((place) => !place.includes(" in store ")),
  ];
  // Where secrets do belong they are found, so the search can find them.
  expect(inStores.length).toBeGreaterThan(10);
  expect(elsewhere).toEqual([]);
});
