// Run as a program of its own: drives the issuer through everything that could print, and prints nothing itself.
import { createIssuer } from "../issuer/issuer.ts";
import { call } from "./plain-client.ts";

async function exercise(): Promise<void> {
  const issuer = await createIssuer({ isClientCertificateRequested: true, devicePollSeconds: 1 });
  const trustedPem = issuer.authority?.certificatePem;
  const post = async (path: string, form: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> =>
    (await call(`${issuer.url}${path}`, { trustedPem, form })).json;
  const native = { client_id: "kubepass", scope: "openid offline_access" };
  const person = { ...native, grant_type: "password", username: "anna", password: "correct horse battery staple" };
  const { access_token: access = "", refresh_token: refresh = "", id_token: hint = "" } = await post("/token", person);
  await post("/token", { ...native, grant_type: "refresh_token", refresh_token: refresh });
  await post("/token", { ...native, grant_type: "nonsense" });
  await post("/introspect", { ...native, token: access });
  await post("/revoke", { ...native, token: access });
  const device = await post("/device/code", native);
  await issuer.approveDevice("XXXX-XXXX");
  await issuer.approveDevice(device["user_code"] ?? "");
  await issuer.signOut(`${issuer.url}/logout?id_token_hint=${hint}`);
  const { clientId, clientSecret } = issuer.clients.machine;
  await post("/token", { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret });
  await call(`${issuer.url}/authorize?client_id=nobody`, { trustedPem, headers: { accept: "text/html" } });
  await call(`${issuer.url}/userinfo`, { trustedPem, headers: { origin: "https://other.example", authorization: `Bearer ${access}` } });
  await issuer.rotateKeys();
  await issuer.close();
}

void exercise();
