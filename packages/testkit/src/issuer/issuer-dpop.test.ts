import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";
import { open, post } from "../test-support/issuer-scene.ts";
import type { Answer } from "../test-support/plain-client.ts";

const password = { grant_type: "password", client_id: "kubepass", username: "anna", password: "correct horse battery staple" };

test("a refresh token belongs to the key that was proven when it was issued, and proofs need the issuer's nonce", async () => {
  const issuer = await open({ isDpopNonceRequired: true });
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  const prove = async (nonce?: string): Promise<string> =>
    await new SignJWT({
      htm: "POST",
      htu: `${issuer.url}/token`,
      jti: createHash("sha256").update(`${nonce}${Date.now()}`).digest("hex"),
      nonce,
    })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
      .setIssuedAt()
      .sign(privateKey);
  const request = async (form: Readonly<Record<string, string>>, proof?: string): Promise<Answer> =>
    await post(issuer, "/token", form, proof === undefined ? {} : { dpop: proof });

  const form = { ...password, scope: "openid offline_access" };
  const first = await request(form, await prove());
  expect(first.json.error).toBe("use_dpop_nonce");
  const nonce = String(first.headers["dpop-nonce"]);
  const { json } = await request(form, await prove(nonce));
  expect(json.token_type).toBe("DPoP");
  const refresh = { grant_type: "refresh_token", client_id: "kubepass", refresh_token: json.refresh_token };
  expect((await request(refresh)).json.error).toBe("invalid_grant");
  expect((await request(refresh, await prove(nonce))).json.token_type).toBe("DPoP");
});
