import { CredentialError } from "@kubepass/wire";
import { expect, test } from "vitest";
import { describeError, formatErrorJson } from "./describe-error.ts";

const hint = "run: kubepass login oidc '--issuer-url=https://a\u009b2J\u202e.example'";
const error = new CredentialError("LOGIN_REQUIRED", "sign-in needed\u001b[2J", { hint });

test("an error steers no terminal, as text or as JSON, and JSON means the same", () => {
  for (const text of [describeError("kubepass", error), formatErrorJson(error)])
    expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(JSON.parse(formatErrorJson(error))).toMatchObject({ code: "LOGIN_REQUIRED", message: "sign-in needed[2J", hint, exitCode: 3 });
});
