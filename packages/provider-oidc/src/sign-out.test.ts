import type { Issued, OptionValues, SignOutItem } from "@kubepass/plugin-sdk";
import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { type Scene, setScene } from "./test-support/scene.ts";

async function signInAndOut(
  scene: Scene,
  values?: OptionValues,
  hasPerson = true,
  between?: () => void,
): Promise<{ issued: Issued; items: readonly SignOutItem[] }> {
  const provider = scene.provide(values);
  const issued = await provider.signIn(scene.context({}));
  between?.();
  const items =
    (await provider.signOut?.({ session: issued.session, credential: issued.credential }, scene.context(hasPerson ? {} : undefined))) ?? [];
  return { issued, items };
}

test("the refresh token is revoked, and it is said until when the ID token stays valid", async () => {
  const scene = await setScene();
  const { issued, items } = await signInAndOut(scene);
  expect(items).toEqual([
    { what: "refresh token", outcome: "revoked" },
    { what: "ID token", outcome: "still-valid", validUntil: issued.credential.expiresAt, reason: "ID tokens cannot be revoked" },
  ]);
  expect(scene.issuer.revoked.map((form) => form.get("token_type_hint"))).toEqual(["refresh_token"]);
});

test("the access token is revoked after the refresh token", async () => {
  const scene = await setScene();
  const { items } = await signInAndOut(scene, { "use-access-token": true });
  expect(items.map((item) => `${item.what} ${item.outcome}`)).toEqual(["refresh token revoked", "access token revoked"]);
  expect(scene.issuer.revoked.map((form) => form.get("token_type_hint"))).toEqual(["refresh_token", "access_token"]);
});

test.each([
  ["refuses", { status: 403, body: { error: "access_denied" } }, "still-valid"],
  ["is overloaded", { status: 503, body: "<html>" }, "still-valid"],
  ["does not revoke this kind", { status: 400, body: { error: "unsupported_token_type" } }, "still-valid"],
  ["does not know the token any more", { status: 400, body: { error: "invalid_token" } }, "already-ended"],
  ["answers with no content", { status: 200, body: "" }, "revoked"],
])("an issuer that %s is reported, and the rest is ended all the same", async (_what, answer, outcome) => {
  const scene = await setScene();
  scene.issuer.revocationAnswer = answer;
  const { items } = await signInAndOut(scene, { "use-access-token": true });
  expect(items.map((item) => item.outcome)).toEqual([outcome, outcome]);
  for (const item of items) expect(item.outcome === "still-valid").toBe(item.reason !== undefined);
});

test("an issuer that offers no revocation is named as the reason", async () => {
  const scene = await setScene();
  scene.issuer.metadata = { revocation_endpoint: undefined };
  expect((await signInAndOut(scene)).items[0]).toMatchObject({ outcome: "still-valid", reason: "the issuer offers no revocation" });
});

test("an issuer that is gone leaves everything valid there, and says so", async () => {
  const scene = await setScene();
  const provider = scene.provide({ "use-access-token": true });
  const { session, credential } = await provider.signIn(scene.context({}));
  await scene.issuer.close();
  const items = (await provider.signOut?.({ session, credential }, scene.context({}))) ?? [];
  expect(items.map((item) => item.outcome)).toEqual(["still-valid", "still-valid"]);
  expect(items[1]?.validUntil).toEqual(credential.expiresAt);
});

test("an older session is revoked, and the browser's is left to the newer one", async () => {
  const scene = await setScene();
  scene.issuer.metadata = { end_session_endpoint: `${scene.issuer.url}/logout` };
  const provider = scene.provide();
  const { session } = await provider.signIn(scene.context({}));
  const opened = scene.host.openedUrls.length;
  const items = await provider.signOut?.({ session, credential: undefined, isOlder: true }, scene.context({}));
  expect(items).toEqual([{ what: "refresh token", outcome: "revoked" }]);
  expect(scene.host.openedUrls).toHaveLength(opened);
});

test("the logout page is opened with the ID token, which is neither shown nor logged", async () => {
  const scene = await setScene();
  scene.issuer.metadata = { end_session_endpoint: `${scene.issuer.url}/logout?realm=one` };
  const { items } = await signInAndOut(scene);
  expect(items.at(-1)).toEqual({ what: "sign-in in the browser", outcome: "page-opened" });
  const page = new URL(scene.host.openedUrls.at(-1) ?? "");
  expect(page.searchParams.get("realm")).toBe("one");
  expect(page.searchParams.get("client_id")).toBe("kubepass");
  expect(scene.issuer.secrets).toContain(page.searchParams.get("id_token_hint"));
  for (const secret of scene.issuer.secrets) expect(scene.host.output()).not.toContain(secret);
});

test("where nobody may be asked, the logout page is named without the ID token", async () => {
  const scene = await setScene();
  scene.issuer.metadata = { end_session_endpoint: `${scene.issuer.url}/logout` };
  const { items } = await signInAndOut(scene, {}, false);
  expect(items.at(-1)).toMatchObject({
    outcome: "still-valid",
    reason: `no browser was opened; visit ${scene.issuer.url}/logout?client_id=kubepass`,
  });
});

test("a session that cannot be read back is reported and does not stop the rest", async () => {
  const scene = await setScene();
  const items = await scene.provide().signOut?.({ session: { secret: new Secret("?") }, credential: undefined }, scene.context());
  expect(items).toEqual([{ what: "refresh token", outcome: "still-valid", reason: "the stored session cannot be read back" }]);
});

test("nothing that has ended is reported as valid, and no request is made for it", async () => {
  const scene = await setScene();
  scene.issuer.tokenAnswers.push(({ body }) => ({ status: 200, body: { ...(body as object), refresh_token: undefined } }));
  const { items } = await signInAndOut(scene, { "use-access-token": true }, true, () => scene.host.advance(600_000));
  expect(items).toEqual([]);
  expect(scene.issuer.revoked).toEqual([]);
});

test("Ctrl-C ends the signing out at once", async () => {
  const scene = await setScene();
  const provider = scene.provide();
  const { session, credential } = await provider.signIn(scene.context({}));
  scene.host.interrupt();
  await expect(provider.signOut?.({ session, credential }, scene.context())).rejects.toMatchObject({ code: "INTERRUPTED" });
});
