import { sendJson, startServer, type TestServer } from "@kubepass/network/test-support";

/** A token that says what it is given and is signed by nobody. */
export function formatIdToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.x`;
}

/** What the token endpoint of a test answers; status 200 where none is given. */
export interface TokenAnswer {
  readonly status?: number;
  readonly body: object;
}

/** An issuer that says where its token endpoint is, and answers there as the test wants. */
export async function startTokenIssuer(answer: (form: URLSearchParams) => TokenAnswer): Promise<TestServer> {
  return await startServer((request, response) => {
    if (request.url === "/.well-known/openid-configuration")
      return sendJson(response, { token_endpoint: `http://${request.headers.host}/token` });
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const { status = 200, body } = answer(new URLSearchParams(text));
      sendJson(response, body, status);
    });
    return undefined;
  });
}
