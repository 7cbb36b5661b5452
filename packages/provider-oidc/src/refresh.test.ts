import { getCredential, type Issued, type OptionValues, type Session } from "@kubepass/plugin-sdk";
import { decodeJwt, Secret } from "@kubepass/wire";
import { describe, expect, test } from "vitest";
import { parseOidcSession } from "./session-secret.ts";
import { type Scene, setScene } from "./test-support/scene.ts";
import type { StubAnswer } from "./test-support/stub-issuer.ts";

async function signIn(scene: Scene, values?: OptionValues): Promise<Issued & { session: Session }> {
  const issued = await scene.provide(values).signIn(scene.context({}));
  if (issued.session === undefined) throw new Error("the sign-in brought no session");
  return { ...issued, session: issued.session };
}

async function refresh(scene: Scene, session: Session, values?: OptionValues): Promise<unknown> {
  return await scene.provide(values).refresh?.(session, scene.context());
}

function without(name: string): (usual: StubAnswer) => StubAnswer {
  return ({ status, body }) => ({ status, body: { ...(body as object), [name]: undefined } });
}

describe("a refresh", () => {
  test("brings a new ID token and keeps the rotated refresh token", async () => {
    const scene = await setScene();
    const { session } = await signIn(scene);
    scene.host.advance(600_000);
    const outcome = await refresh(scene, session);
    expect(outcome).toMatchObject({ kind: "issued", issued: { subject: "anna-1", issuer: scene.issuer.url } });
    const { issued } = outcome as { issued: Issued & { session: Session } };
    expect(issued.credential.expiresAt?.getTime()).toBeGreaterThan(scene.host.clock.now().getTime() + 500_000);
    const old = parseOidcSession(session.secret, scene.issuer.url);
    const next = parseOidcSession(issued.session.secret, scene.issuer.url);
    expect(next.refreshToken.reveal()).not.toBe(old.refreshToken.reveal());
    expect(scene.issuer.forms.at(-1)?.get("refresh_token")).toBe(old.refreshToken.reveal());
    expect(scene.host.openedUrls).toHaveLength(1);
  });

  test("goes on with the old refresh token where the issuer does not rotate", async () => {
    const scene = await setScene();
    scene.issuer.isRotating = false;
    const { session } = await signIn(scene);
    scene.issuer.tokenAnswers.push(without("refresh_token"));
    const { issued } = (await refresh(scene, { ...session, expiresAt: new Date(0) })) as { issued: { session: Session } };
    const old = parseOidcSession(session.secret, scene.issuer.url);
    expect(parseOidcSession(issued.session.secret, scene.issuer.url).refreshToken.reveal()).toBe(old.refreshToken.reveal());
    expect(issued.session.expiresAt).toEqual(new Date(0));
  });

  test("without a new ID token uses the old one while it lasts", async () => {
    const scene = await setScene();
    const { session, credential } = await signIn(scene);
    scene.host.advance(500_000);
    scene.issuer.tokenAnswers.push(without("id_token"));
    const { issued } = (await refresh(scene, session)) as { issued: Issued & { session: Session } };
    expect(issued.credential).toEqual(credential);
    expect(issued.subject).toBe("anna-1");
    expect(parseOidcSession(issued.session.secret, scene.issuer.url).idToken?.expiresAt).toEqual(credential.expiresAt);
  });

  test("without a new ID token, when the old one is about to end, is a refusal that says so", async () => {
    const scene = await setScene();
    const { session } = await signIn(scene);
    scene.host.advance(541_000);
    scene.issuer.tokenAnswers.push(without("id_token"));
    expect(await refresh(scene, session)).toEqual({
      kind: "refused",
      reason: "the issuer returned no ID token on refresh, and the last one has ended",
    });
  });

  test("needs no ID token where the access token is wanted", async () => {
    const scene = await setScene();
    const values = { "token-kind": "access" };
    const { session } = await signIn(scene, values);
    scene.host.advance(600_000);
    scene.issuer.tokenAnswers.push(without("id_token"));
    expect(await refresh(scene, session, values)).toMatchObject({ kind: "issued", issued: { subject: "anna-1" } });
  });

  test.each(["invalid_grant", "interaction_required", "login_required", "consent_required"])(
    "that is answered %s is a refusal",
    async (error) => {
      const scene = await setScene();
      const { session } = await signIn(scene);
      scene.issuer.tokenAnswers.push({ status: 400, body: { error } });
      expect(await refresh(scene, session)).toMatchObject({ kind: "refused", reason: expect.stringContaining(error) });
    },
  );

  test.each([
    ["a broken issuer", { status: 500, body: "<html>" } as const, "ISSUER_UNREACHABLE"],
    ["an overloaded issuer", { status: 503, body: {} } as const, "ISSUER_UNREACHABLE"],
    ["too many requests", { status: 429, body: {} } as const, "ISSUER_UNREACHABLE"],
    ["a broken connection", "drop" as const, "ISSUER_UNREACHABLE"],
    ["a client that is refused", { status: 401, body: { error: "invalid_client" } } as const, "ISSUER_REFUSED"],
  ])("throws at %s", async (_what, answer, code) => {
    const scene = await setScene();
    const { session } = await signIn(scene);
    scene.issuer.tokenAnswers.push(answer);
    await expect(refresh(scene, session)).rejects.toMatchObject({ code });
  });

  test("never takes tokens of another subject", async () => {
    const scene = await setScene();
    const { session } = await signIn(scene);
    scene.issuer.subject = "mallory-2";
    await expect(refresh(scene, session)).rejects.toMatchObject({ code: "IDENTITY_CHANGED" });
  });

  test("never takes tokens for another client", async () => {
    const scene = await setScene();
    const { session } = await signIn(scene);
    scene.issuer.audience = "somebody-else";
    await expect(refresh(scene, session)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("never sends a refresh token to another issuer", async () => {
    const scene = await setScene();
    const { session } = await signIn(scene);
    const other = await setScene();
    await expect(refresh(other, session)).rejects.toMatchObject({ code: "SESSION_CORRUPT" });
    expect(other.issuer.forms).toEqual([]);
  });

  test("of something that is no session is SESSION_CORRUPT", async () => {
    const scene = await setScene();
    await expect(refresh(scene, { secret: new Secret("{}") })).rejects.toMatchObject({ code: "SESSION_CORRUPT" });
  });
});

describe("a refresh token bound to a key", () => {
  const jwkOf = (proof: string): unknown => decodeJwt(proof).header["jwk"];
  const offer = { dpop_signing_alg_values_supported: ["ES256"] };

  test("is used with the same key, which is kept with it", async () => {
    const scene = await setScene();
    scene.issuer.metadata = offer;
    const { session } = await signIn(scene);
    await refresh(scene, session);
    const [first, second] = scene.issuer.forms.map((form) => form.get("test-dpop") ?? "");
    expect(jwkOf(first ?? "")).toEqual(jwkOf(second ?? ""));
    expect(jwkOf(first ?? "")).not.toHaveProperty("d");
    expect(scene.host.output()).not.toContain(JSON.stringify(parseOidcSession(session.secret, scene.issuer.url).dpopKey?.["d"]));
  });

  test.each<[string, OptionValues, object]>([
    ["the issuer does not offer it", {}, {}],
    ["it is turned off", { dpop: "never" }, offer],
    ["the API server would get the bound token", { "use-access-token": true }, offer],
    ["the bound token would be exchanged", { "exchange-audience": "cluster" }, offer],
  ])("is not asked for when %s", async (_what, values, metadata) => {
    const scene = await setScene();
    scene.issuer.metadata = { ...metadata };
    const { session } = await signIn(scene, values);
    expect(scene.issuer.forms.map((form) => form.get("test-dpop"))).toEqual(scene.issuer.forms.map(() => ""));
    expect(parseOidcSession(session.secret, scene.issuer.url).dpopKey).toBeUndefined();
  });
});

describe("through the whole pipeline", () => {
  test("a broken issuer opens no window and keeps the session for the next time", async () => {
    const scene = await setScene();
    await getCredential(scene.request(), scene.host);
    scene.host.advance(600_000);
    scene.issuer.tokenAnswers.push({ status: 502, body: "<html>" });
    await expect(getCredential(scene.request(), scene.host)).rejects.toMatchObject({ code: "ISSUER_UNREACHABLE" });
    scene.host.advance(600_000);
    await getCredential(scene.request(), scene.host);
    expect(scene.host.openedUrls).toHaveLength(1);
    expect(scene.issuer.forms.map((form) => form.get("grant_type"))).toEqual(["authorization_code", "refresh_token", "refresh_token"]);
  });

  test("a revoked refresh token leads to one new sign-in", async () => {
    const scene = await setScene();
    await getCredential(scene.request(), scene.host);
    scene.host.advance(600_000);
    scene.issuer.tokenAnswers.push({ status: 400, body: { error: "invalid_grant" } });
    await getCredential(scene.request(), scene.host);
    expect(scene.host.openedUrls).toHaveLength(2);
    for (const secret of scene.issuer.secrets) expect(scene.host.output()).not.toContain(secret);
  });
});
