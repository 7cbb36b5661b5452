import { describe, expect, it } from "vitest";
import { type AuthorizationCodeOptions, checkAuthorizationCodeOptions } from "./authorization-code-options.ts";
import { resolveRedirectPlace } from "./redirect-place.ts";

const valid: AuthorizationCodeOptions = { scopes: ["openid"], idToken: "required" };

function findProblem(options: Partial<AuthorizationCodeOptions>): string {
  try {
    checkAuthorizationCodeOptions({ ...valid, ...options });
    return "none";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

describe("options", () => {
  it.each([
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request_uri",
    "request",
    "response_mode",
    "scope",
  ])("the extra parameter %s is refused", (name) => {
    expect(findProblem({ extraParameters: { [name]: "x" } })).toBe(`the extra parameter ${name} belongs to the protocol and cannot be set`);
  });

  it.each([
    [{ extraParameters: { access_type: "offline" } }, "none"],
    [{ redirect: { ports: [70_000] } }, "70000 is not a port to listen on"],
    [{ redirect: { callbackPath: "callback" } }, "the callback path has to begin with / and hold letters, digits and -._~/ only"],
    [{ redirect: { callbackPath: "/a?b" } }, "the callback path has to begin with / and hold letters, digits and -._~/ only"],
    [{ redirect: { redirectUrl: "com.example:/cb" } }, "the redirect URL is not an http or https URL"],
    [{ redirect: { redirectUrl: "https://dev.example/cb?x=1" } }, "the redirect URL may have no user name, query or fragment"],
    [{ openUrlAfterSignIn: "javascript:alert(1)" }, "the URL to open after the sign-in is not an http or https URL"],
    [{ openUrlAfterSignIn: "file:///etc/passwd" }, "the URL to open after the sign-in is not an http or https URL"],
    [{ timeoutMs: 0 }, "the time for the sign-in has to be more than nothing"],
  ] as const)("%o: %s", (options, problem) => {
    expect(findProblem(options)).toBe(problem);
  });

  it("all problems are told together", () => {
    expect(findProblem({ extraParameters: { state: "x" }, timeoutMs: -1 })).toContain("; ");
  });
});

describe("the place to listen at", () => {
  it.each([
    ["nothing", {}, ["127.0.0.1"], [], "127.0.0.1"],
    ["a list of ports", { ports: [8000, 18_000] }, ["127.0.0.1"], [8000, 18_000], "127.0.0.1"],
    ["localhost", { redirectHost: "localhost" }, ["127.0.0.1", "::1"], [], "localhost"],
    ["the IPv6 address", { redirectHost: "::1" }, ["::1"], [], "::1"],
    ["a redirect URL of this machine", { redirectUrl: "http://localhost:8000/cb" }, ["127.0.0.1", "::1"], [8000], "localhost"],
    ["a redirect URL of this machine without port", { redirectUrl: "https://127.0.0.1/cb" }, ["127.0.0.1"], [443], "127.0.0.1"],
    [
      "a redirect URL of this machine and ports behind a port-forward",
      { redirectUrl: "http://localhost:8000/cb", ports: [9000] },
      ["127.0.0.1", "::1"],
      [9000],
      "localhost",
    ],
    ["a redirect URL of another machine", { redirectUrl: "https://dev.example/cb", ports: [9000] }, ["127.0.0.1"], [9000], "127.0.0.1"],
  ] as const)("follows from %s", (_, redirect, addresses, ports, redirectHost) => {
    expect(resolveRedirectPlace(redirect)).toMatchObject({ place: { addresses, ports }, redirectHost });
  });
});
