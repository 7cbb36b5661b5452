// A plugin whose issuer is the HTTP server of the test, started as a process of its own so that it can be killed.
import { runPlugin, type Issued, type Provider } from "@kubepass/plugin-sdk";
import { isJsonObject, Secret } from "@kubepass/wire";

const issuer = process.env["TEST_ISSUER"] ?? "";

async function request(path: string): Promise<Issued | undefined> {
  const response = await fetch(issuer + path, { headers: { "x-process": String(process.pid) } });
  if (response.status === 400) return undefined;
  const answer: unknown = JSON.parse(await response.text());
  if (!isJsonObject(answer)) throw new Error("the test issuer's answer is no object");
  const [token, session, expiresAt] = [answer["token"], answer["session"], answer["expiresAt"]].map(String);
  if (token === undefined || session === undefined || expiresAt === undefined) throw new Error("the test issuer's answer lacks something");
  return {
    credential: { token: new Secret(token), expiresAt: new Date(expiresAt) },
    session: { secret: new Secret(session) },
    subject: "anna",
  };
}

const provider: Provider = {
  name: "crashing-plugin",
  identity: {},
  needsPerson: true,
  async signIn(context) {
    await context.requestPerson();
    const issued = await request("/sign-in");
    if (issued === undefined) throw new Error("the test issuer refuses a sign-in");
    return issued;
  },
  async refresh(session) {
    const issued = await request(`/refresh?session=${session.secret.reveal()}`);
    return issued === undefined ? { kind: "refused", reason: "unknown session" } : { kind: "issued", issued };
  },
};

void runPlugin(process, provider);
