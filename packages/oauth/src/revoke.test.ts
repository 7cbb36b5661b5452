import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { connectIssuer } from "./connect-issuer.ts";
import type { IssuerConnection } from "./connection.ts";
import { revokeToken } from "./revoke.ts";
import { createTestHost } from "./test-support/host.ts";
import { startIssuer } from "./test-support/issuer.ts";

const { signal } = new AbortController();

async function connectTo(status: number, text: string): Promise<IssuerConnection & { close(): Promise<void> }> {
  const issuer = await startIssuer();
  issuer.answers["/revoke"] = (_request, response) => void response.writeHead(status).end(text);
  const endpoints = { revocation: `${issuer.origin}/revoke` };
  const options = { issuer: issuer.origin, clientId: "kubepass", isInsecureIssuerAllowed: true, endpoints };
  return { ...(await connectIssuer(options, createTestHost(), signal)), close: () => issuer.close() };
}

test.each([
  [200, "", { outcome: "revoked" }],
  [204, "", { outcome: "revoked" }],
  [400, '{"error":"invalid_token"}', { outcome: "already-ended" }],
  [400, '{"error":"invalid_grant"}', { outcome: "already-ended" }],
  [400, '{"error":"unsupported_token_type"}', { outcome: "still-valid", reason: "the issuer does not revoke tokens of this kind" }],
  [401, '{"error":"invalid_client"}', { outcome: "still-valid" }],
  [404, "<html>", { outcome: "still-valid" }],
  [503, "busy", { outcome: "still-valid" }],
])("an answer with status %i and %j is judged", async (status, text, revocation) => {
  const connection = await connectTo(status, text);
  expect(await revokeToken(connection, new Secret("old"), "refresh_token", signal)).toMatchObject(revocation);
});

test("an issuer that is gone throws, so that the caller can say so for each token", async () => {
  const connection = await connectTo(200, "");
  await connection.close();
  await expect(revokeToken(connection, new Secret("old"), "refresh_token", signal)).rejects.toMatchObject({ code: "ISSUER_UNREACHABLE" });
});
