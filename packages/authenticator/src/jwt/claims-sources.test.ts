import {
  createAuthority,
  createTestNetworkHost,
  type Responder,
  sendJson,
  startServer,
  type TestServer,
} from "@kubepass/network/test-support";
import { type JsonObject, Secret } from "@kubepass/wire";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compile, configurationOf, goodClaims, now, nowSeconds } from "../test-support/jwt-scene.ts";
import { createTestKey, signJwt } from "../test-support/sign-jwt.ts";
import type { Verdict } from "../verifier.ts";
import { type ClaimsSourceRules, createClaimsSource } from "./claims-sources.ts";
import { createIssuerKeySource } from "./fetched-keys.ts";
import { createJwtVerifier, type JwtVerifier } from "./jwt-verifier.ts";
import type { TraceStep } from "./trace.ts";

const key = createTestKey("one", "P-256");
const foreign = createTestKey("two", "P-256");

interface Site {
  readonly server: TestServer;
  /** What `/claims` answers with. */
  answer: Responder;
}

let authority: Awaited<ReturnType<typeof createAuthority>>;
let issuer: Site;
let other: Site;

/** An issuer that also says what groups somebody has. */
async function startSite(signer = key): Promise<Site> {
  const site: { answer: Responder } = { answer: () => {} };
  const server: TestServer = await startServer(
    (request, response) => {
      const path = (request.url ?? "").replace(/\?.*/, "");
      if (path === "/.well-known/openid-configuration")
        return sendJson(response, { issuer: server.origin, jwks_uri: `${server.origin}/keys` });
      if (path === "/keys") return sendJson(response, { keys: [signer.jwk] });
      site.answer(request, response);
    },
    await authority.issue(),
  );
  return Object.assign(site, { server });
}

const answered = (site: Site): number => site.server.requests.filter(({ url }) => url?.startsWith("/claims")).length;

/** A JWT with groups, as the place of a distributed claim answers. */
function groupsToken(claims: JsonObject = {}, signer = key): string {
  const { origin } = issuer.server;
  return signJwt({ alg: "ES256", kid: signer.kid }, { ...goodClaims, iss: origin, groups: ["dev", "ops"], ...claims }, signer);
}

function reply(body: string, status = 200, headers: Record<string, string> = {}): Responder {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

function tokenOf(source: JsonObject = {}, claims: JsonObject = {}): Secret {
  const endpoint = `${issuer.server.origin}/claims`;
  const distributed = { _claim_names: { groups: "src" }, _claim_sources: { src: { endpoint, access_token: "private-access", ...source } } };
  return new Secret(signJwt({ alg: "ES256", kid: "one" }, { ...goodClaims, iss: issuer.server.origin, ...distributed, ...claims }, key));
}

function createVerifier(rules: ClaimsSourceRules | undefined = { origins: [], answerIssuers: [] }, rememberMs = 0): JwtVerifier {
  const host = createTestNetworkHost();
  const settings = { url: issuer.server.origin, audiences: ["cluster"], certificateAuthority: authority.certificatePem };
  return createJwtVerifier(
    compile(configurationOf({ issuer: settings })),
    ({ authenticator }) => createIssuerKeySource(authenticator.issuer, host),
    {},
    ({ authenticator }) => createClaimsSource(authenticator.issuer, rules, host, { rememberMs }),
  );
}

async function judge(verifier: JwtVerifier, token: Secret, at = now): Promise<Verdict> {
  return await verifier.verify(token, { audiences: [], now: at, signal: new AbortController().signal });
}

beforeAll(async () => {
  authority = await createAuthority();
});
beforeEach(async () => {
  issuer = await startSite();
  other = await startSite(foreign);
  issuer.answer = reply(groupsToken());
  other.answer = reply(groupsToken());
});

describe("groups at another place", () => {
  it("are fetched with the access token, checked, and mapped as though the token had them", async () => {
    const asked: (string | undefined)[] = [];
    issuer.answer = (request, response) => {
      asked.push(request.headers.authorization);
      response.end(`${groupsToken({ exp: nowSeconds + 60 })}\n`);
    };
    const verdict = await judge(createVerifier(), tokenOf());
    expect(verdict).toMatchObject({ kind: "verified", user: { username: "jane", groups: ["dev", "ops"] } });
    expect(verdict).toMatchObject({ expiresAt: new Date((nowSeconds + 60) * 1000) });
    expect(asked).toEqual(["Bearer private-access"]);
  });

  it("are not asked for when the token has them, or has no use for another place", async () => {
    const before = answered(issuer);
    expect(await judge(createVerifier(), tokenOf({}, { groups: "own" }))).toMatchObject({ kind: "verified", user: { groups: ["own"] } });
    const names = { _claim_names: { hobbies: "src" } };
    expect(await judge(createVerifier(), tokenOf({}, names))).toMatchObject({ kind: "verified", user: { groups: [] } });
    expect(await judge(createVerifier(), tokenOf({}, { exp: 1 }))).toMatchObject({ kind: "refused", code: "TOKEN_EXPIRED" });
    expect(answered(issuer)).toBe(before);
  });

  it("go without Authorization when there is no access token", async () => {
    const asked: (string | undefined)[] = [];
    issuer.answer = (request, response) => {
      asked.push(request.headers.authorization);
      response.end(groupsToken());
    };
    expect((await judge(createVerifier(), tokenOf({ access_token: null }))).kind).toBe("verified");
    expect(asked).toEqual([undefined]);
  });

  it.each([
    ["plain http", (origin: string) => ({ endpoint: `${origin.replace("https", "http")}/claims` })],
    ["another port", () => ({ endpoint: `${other.server.origin}/claims` })],
    ["another host", () => ({ endpoint: "https://evil.test/claims" })],
    ["a host that begins alike", (origin: string) => ({ endpoint: `${origin}.evil.test/claims` })],
    ["the issuer as a user name", (origin: string) => ({ endpoint: `${origin.replace("127.0.0.1", "127.0.0.1@evil.test")}/claims` })],
    ["user and password", (origin: string) => ({ endpoint: `${origin.replace("//", "//jane:pass@")}/claims` })],
    ["no URL", () => ({ endpoint: "claims" })],
    ["a member in odd case", (origin: string) => ({ endpoint: undefined, Endpoint: `${origin}/claims` })],
    ["a line break in the access token", () => ({ access_token: "a\r\nx-evil: 1" })],
  ])("are not asked for at %s", async (_name, source) => {
    const before = [answered(issuer), answered(other)];
    const verdict = await judge(createVerifier(), tokenOf(JSON.parse(JSON.stringify(source(issuer.server.origin)))));
    expect(verdict).toMatchObject({ kind: "refused", code: "DISTRIBUTED_CLAIMS_REFUSED" });
    expect([answered(issuer), answered(other)]).toEqual(before);
    expect(JSON.stringify(verdict)).not.toContain("private-access");
  });

  it("are taken from an origin and an issuer that the rules name, and from no other", async () => {
    const source = { endpoint: `${other.server.origin}/claims` };
    other.answer = reply(groupsToken({ iss: other.server.origin }, foreign));
    const origins = [other.server.origin];
    expect(await judge(createVerifier({ origins, answerIssuers: [] }), tokenOf(source))).toMatchObject({
      code: "DISTRIBUTED_CLAIMS_REFUSED",
      message: expect.stringContaining("not one whose answers are taken"),
    });
    const allowed = createVerifier({ origins, answerIssuers: [other.server.origin] });
    expect(await judge(allowed, tokenOf(source))).toMatchObject({ kind: "verified", user: { groups: ["dev", "ops"] } });
    // The key is looked for with the issuer that the answer names.
    other.answer = reply(groupsToken({ iss: other.server.origin }, { ...key, kid: "two" }));
    expect(await judge(allowed, tokenOf({ ...source, access_token: "b" }))).toMatchObject({ code: "DISTRIBUTED_CLAIMS_REFUSED" });
    await allowed.close?.();
  });

  it.each([
    ["for somebody else's audience", () => reply(groupsToken({ aud: "elsewhere" }))],
    ["that has expired", () => reply(groupsToken({ exp: nowSeconds - 1 }))],
    ["of a foreign key", () => reply(groupsToken({}, { ...foreign, kid: "one" }))],
    ["without the claim", () => reply(groupsToken({ groups: undefined }))],
    ["that is no JWT", () => reply('{"groups":["dev"]}')],
    ["that is empty", () => reply("")],
    ["with an unknown issuer", () => reply(groupsToken({ iss: "https://evil.test" }))],
    ["too large", () => reply("a".repeat(1024 * 1024 + 1))],
    ["that redirects", () => reply(groupsToken(), 302, { location: `${other.server.origin}/claims` })],
    ["that says no", () => reply("private-body", 401)],
  ])("refuse the token when the answer is one %s", async (_name, answer) => {
    issuer.answer = answer();
    const before = answered(other);
    const verdict = await judge(createVerifier(), tokenOf());
    expect(verdict).toMatchObject({ kind: "refused", code: "DISTRIBUTED_CLAIMS_REFUSED" });
    expect(JSON.stringify(verdict)).not.toMatch(/private-(?:access|body)|dev/);
    expect(answered(other)).toBe(before);
  });

  it("of a wrong type are the mapping's to refuse, as those of the token itself", async () => {
    issuer.answer = reply(groupsToken({ groups: 7 }));
    expect(await judge(createVerifier(), tokenOf())).toMatchObject({ kind: "refused", code: "GROUPS_UNREADABLE" });
  });

  it("leave the verdict open while their place is down, which is not asked at every token then", async () => {
    const verifier = createVerifier();
    issuer.answer = reply("", 503);
    const before = answered(issuer);
    for (let index = 0; index < 7; index += 1) {
      const verdict = await judge(verifier, tokenOf({ access_token: `access-${index}` }));
      expect(verdict).toMatchObject({ kind: "uncertain", code: "DISTRIBUTED_CLAIMS_UNREACHABLE" });
    }
    expect(answered(issuer) - before).toBe(5);
    issuer.answer = reply(groupsToken());
    expect((await judge(verifier, tokenOf(), new Date(now.getTime() + 6000))).kind).toBe("verified");
  });

  it("are asked for once by many at once, and remembered until their answer expires", async () => {
    const verifier = createVerifier(undefined, 3_600_000);
    await judge(verifier, tokenOf({}, { groups: "own" }));
    issuer.answer = reply(groupsToken({ exp: nowSeconds + 60 }));
    const before = answered(issuer);
    const tokens = Array.from({ length: 8 }, (_, index) => tokenOf({}, { jti: `id-${index}` }));
    const verdicts = await Promise.all(tokens.map(async (token) => await judge(verifier, token)));
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["verified"]));
    expect((await judge(verifier, tokenOf({}, { jti: "later" }), new Date(now.getTime() + 59_000))).kind).toBe("verified");
    expect(answered(issuer) - before).toBe(1);
    expect((await judge(verifier, tokenOf({ access_token: "another" }))).kind).toBe("verified");
    expect(answered(issuer) - before).toBe(2);
    // Remembered no longer: it is asked for anew, and what comes has expired too.
    const verdict = await judge(verifier, tokenOf({}, { jti: "late" }), new Date(now.getTime() + 61_000));
    expect(verdict).toMatchObject({ kind: "refused", code: "DISTRIBUTED_CLAIMS_REFUSED" });
  });

  it("show in the trace, without the access token", async () => {
    const steps: TraceStep[] = [];
    const context = { audiences: [], now, signal: new AbortController().signal };
    await createVerifier().trace(tokenOf(), context, (step) => steps.push(step));
    expect(steps).toContainEqual({ step: "_claim_names", outcome: "passed", detail: 'groups = ["dev","ops"]' });
    expect(JSON.stringify(steps)).not.toContain("private-access");
  });
});
