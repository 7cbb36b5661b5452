import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeUser, type FakeUser, type Ran } from "../test-support/run-in-process.ts";

let user: FakeUser;

beforeEach(() => {
  user = createFakeUser();
});
afterEach(() => user.remove());

function run(line: string): Promise<Ran> {
  return user.run(line.split(" "));
}

test.each([
  ["help", /^kubepass: one pass/],
  ["help login", /^kubepass login: /],
  ["help login eks", /^kubepass login: [^]*login eks/],
  ["help kubeconfig add", /^kubepass kubeconfig add: /],
  ["help kubeconfig", /^Commands of kubepass kubeconfig:/],
  ["help eks", /^eks: EKS/],
  ["oidc --help", /^oidc: any OpenID Connect issuer/],
  ["help security", /^What is kept where:/],
  ["authn lint broken.yaml --help", /^kubepass authn lint: /],
])("kubepass %s explains it", async (line, begin) => {
  const ran = await run(line);
  expect([ran.exitCode, ran.stdout, ran.stderr]).toEqual([0, expect.stringMatching(begin), ""]);
});

test.each([
  ["help oicd", "no help about oicd (did you mean oidc?)", "kubepass help"],
  ["get-token oidc --isuer-url=x", "unknown flag --isuer-url", "kubepass help get-token oidc"],
  ["status --isuer-url=x", "unknown flag --isuer-url", "kubepass help status"],
  ["help eksx", "no help about eksx (did you mean eks?)", "kubepass help"],
  ["help login keystone", "no help about login keystone", "kubepass help"],
  ["help login oidc now", "no help about login oidc now", "kubepass help"],
  ["help status oidc", "no help about status oidc", "kubepass help"],
  ["eks", "eks is a provider, not a command", "kubepass help eks"],
  ["kubeconfig", "kubeconfig needs one of: view, add, convert, audit", "kubepass help kubeconfig"],
  ["authn lnt", "unknown command authn lnt (did you mean authn lint?)", "kubepass help authn"],
  ["serve", "--config is missing", "kubepass serve init"],
])("kubepass %s says where to look", async (line, message, hint) => {
  const ran = await run(line);
  expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
  expect(ran.stderr).toContain(`kubepass: error: ${message}`);
  expect(ran.stderr).toMatch(new RegExp(`^kubepass: hint: .*${hint}`, "m"));
});
