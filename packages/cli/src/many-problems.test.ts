import { isJsonObject } from "@kubepass/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeUser, type FakeUser } from "./test-support/run-in-process.ts";

let user: FakeUser;

beforeEach(() => void (user = createFakeUser()));
afterEach(() => user.remove());

const flags = Array.from({ length: 12 }, (_, index) => `--a-flag-of-another-program-that-nobody-here-has-ever-heard-of-${index}`);

test("however many problems a command line has, all are told, on one line", async () => {
  const { exitCode, stderr } = await user.run(["get-token", "oidc", ...flags]);
  expect(exitCode).toBe(2);
  const [line = ""] = stderr.split("\n");
  expect(line).toMatch(/^kubepass: error: .* \(USAGE_INVALID\)$/);
  expect(flags.filter((_, index) => line.split("; ")[index]?.includes("unknown flag") !== true)).toEqual([]);
});

// The last three are found by the provider, and client-id is missing.
const wrong = [
  "--client-authentication=x",
  "--grant-type=x",
  "--max-age=x",
  "--redirect-host=x",
  "--sign-in-timeout=x",
  "--response-mode=x",
  "--pushed-authorization=x",
  "--dpop=x",
  "--token-kind=x",
  "--issuer-url=x",
  "--auth-request-extra-params=state=x",
  "--pkce-method=x",
].map((flag) => `${flag}${"y".repeat(20)}`);

test("so are those of options, also where the provider finds them, and for programs one by one", async () => {
  const { stderr } = await user.run(["get-token", "oidc", "--non-interactive", ...wrong]);
  const error: unknown = JSON.parse(stderr);
  if (!isJsonObject(error)) throw new TypeError("the error is no object");
  const { problems, message } = error;
  expect(problems).toHaveLength(wrong.length + 1);
  expect(message).toMatch(/^.{1001,}$/);
  for (const flag of wrong) expect(message).toContain(flag.replace(/=.*$/, "").replace("--", ""));
  expect(problems).toContain("client-id is missing");
});
