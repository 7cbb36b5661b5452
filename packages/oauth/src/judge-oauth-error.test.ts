import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeOAuthError } from "./judge-oauth-error.ts";

async function judge(status: number, body: unknown): Promise<string> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const error = await judgeOAuthError(new Response(text, { status }));
  return `${error.code}${error.retryable ? " (retryable)" : ""} ${error.issuerError ?? "-"}: ${error.message}`;
}

describe("an OAuth error", () => {
  it.each([
    [400, { error: "invalid_grant" }, "ISSUER_REFUSED invalid_grant: the issuer refused the request (invalid_grant)"],
    [
      400,
      { error: "invalid_grant", error_description: "token is gone" },
      "ISSUER_REFUSED invalid_grant: the issuer refused the request (invalid_grant: token is gone)",
    ],
    [401, { error: "invalid_client" }, "ISSUER_REFUSED invalid_client: the issuer refused the request (invalid_client)"],
    [200, { error: "invalid_grant" }, "ISSUER_REFUSED invalid_grant: the issuer refused the request (invalid_grant)"],
    [400, { error: "access_denied" }, "SIGN_IN_DENIED access_denied: the issuer says the access was denied (access_denied)"],
    [
      400,
      { error: "temporarily_unavailable" },
      "ISSUER_UNREACHABLE (retryable) temporarily_unavailable: the issuer cannot answer now (temporarily_unavailable)",
    ],
    [500, { error: "invalid_grant" }, "ISSUER_UNREACHABLE (retryable) -: the issuer answered with status 500 (invalid_grant)"],
    [502, "<html>Bad gateway</html>", "ISSUER_UNREACHABLE (retryable) -: the issuer answered with status 502"],
    [429, "", "ISSUER_UNREACHABLE (retryable) -: the issuer answered with status 429"],
    [403, "<html>", "RESPONSE_INVALID -: the issuer answered with status 403 and something that is no OAuth answer"],
    [302, "", "RESPONSE_INVALID -: the issuer answered with status 302 and a redirect, which is not followed"],
    [400, { error: 7 }, "RESPONSE_INVALID -: the issuer answered with status 400 and something that is no OAuth answer"],
    [400, { error: "toString" }, "ISSUER_REFUSED toString: the issuer refused the request (toString)"],
    [
      400,
      { error: "x", error_description: "\u001b[31mred\u0007 \u202eevil\nline" },
      "ISSUER_REFUSED x: the issuer refused the request (x: [31mred evil line)",
    ],
    [400, { error: "\u001b]0;owned\u0007" }, "ISSUER_REFUSED ]0;owned: the issuer refused the request (]0;owned)"],
    [
      400,
      { error: "x", error_description: `the token ${"eyJhbGciOi".repeat(6)}.abc is bad` },
      "ISSUER_REFUSED x: the issuer refused the request (x: the token [...] is bad)",
    ],
  ] as const)("with status %d and %j", async (status, body, outcome) => {
    expect(await judge(status, body)).toBe(outcome);
  });

  it("is kept short, however long the issuer talks", async () => {
    expect((await judge(400, { error: "a b ".repeat(10_000), error_description: "c d ".repeat(100_000) })).length).toBeLessThan(1200);
  });

  it("comes of any answer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ error: fc.string(), error_description: fc.string() }).map((value) => JSON.stringify(value)),
        ),
        async (status, body) => {
          const empty = status === 204 || status === 205 || status === 304;
          const error = await judgeOAuthError(new Response(empty ? null : body, { status }));
          expect(["ISSUER_REFUSED", "SIGN_IN_DENIED", "ISSUER_UNREACHABLE", "RESPONSE_INVALID"]).toContain(error.code);
        },
      ),
    );
  });
});
