import { expect, onTestFinished } from "vitest";
import type { IssuerOptions } from "../issuer/issuer-options.ts";
import { createIssuer, type Issuer } from "../issuer/issuer.ts";
import { type Answer, ask, type Asked, call } from "./plain-client.ts";

/** An issuer of one test. Nothing may have gone wrong inside it. */
export async function open(options: IssuerOptions = {}): Promise<Issuer> {
  const issuer = await createIssuer(options);
  onTestFinished(async () => {
    await issuer.close();
    expect(issuer.failures).toEqual([]);
  });
  return issuer;
}

/** Sends a form to a path of the issuer. */
export async function post(issuer: Issuer, path: string, form: Readonly<Record<string, string>>, headers = {}): Promise<Answer> {
  return await call(`${issuer.url}${path}`, { trustedPem: issuer.authority?.certificatePem, form, headers });
}

/** Redeems the code that came back. */
export async function redeem(issuer: Issuer, asked: Asked, extra: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return await post(issuer, "/token", {
    grant_type: "authorization_code",
    client_id: "kubepass",
    code: asked.came[0]?.get("code") ?? "",
    redirect_uri: asked.redirectUrl,
    code_verifier: asked.verifier,
    ...extra,
  });
}

/** A whole sign-in. */
export async function signIn(issuer: Issuer, extra: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const asked = await ask(issuer.url, extra);
  await issuer.signIn(asked.authorizationUrl);
  return await redeem(issuer, asked);
}

/** A refresh with the native client. */
export const refresh = async (issuer: Issuer, token: string): Promise<Answer> =>
  await post(issuer, "/token", { grant_type: "refresh_token", client_id: "kubepass", refresh_token: token });
