import { describe, expect, onTestFinished, test } from "vitest";
import { createCertificateAuthority } from "./certificate-authority.ts";
import { readForm, type Responder, sendPage, startLoopbackServer } from "./loopback-server.ts";
import { Person } from "./person.ts";

async function serve(respond: Responder): Promise<string> {
  const server = await startLoopbackServer({}, respond);
  onTestFinished(() => server.close());
  return server.origin;
}

describe("a simulated person", () => {
  test("follows redirects, keeps cookies, and fills in the issuer's form once", async () => {
    const cookies: (string | undefined)[] = [];
    const forms: string[] = [];
    const origin = await serve(async (request, response) => {
      cookies.push(request.headers.cookie);
      if (request.url === "/") return void response.writeHead(302, { location: "/form", "set-cookie": "a=1; Path=/" }).end();
      if (request.method === "POST") forms.push((await readForm(request)).toString());
      sendPage(response, 200, `<form method="post"><input name="account" value=""><input name="other" value="kept"></form>`);
    });
    const page = await new Person({ issuerOrigin: origin, answers: { account: "anna" } }).visit(`${origin}/`);
    expect(page.visited).toEqual([`${origin}/`, `${origin}/form`, `${origin}/form`]);
    expect(cookies).toEqual([undefined, "a=1", "a=1"]);
    expect(forms).toEqual(["account=anna&other=kept"]);
  });

  test("leaves the forms of other servers alone", async () => {
    const origin = await serve((_request, response) => sendPage(response, 200, `<form method="post"><input name="account"></form>`));
    const page = await new Person({ issuerOrigin: "https://issuer.example" }).visit(origin);
    expect(page.visited).toHaveLength(1);
  });

  test("gives up when sent around for ever", async () => {
    const origin = await serve((_request, response) => void response.writeHead(302, { location: "/again?code=secret" }).end());
    const visit = new Person({ issuerOrigin: origin }).visit(origin);
    await expect(visit).rejects.toThrow(`sent around 20 times, lastly to ${origin}/again`);
  });

  test("does not trust an issuer with a strange certificate", async () => {
    const [authority, other] = [await createCertificateAuthority(), await createCertificateAuthority()];
    const server = await startLoopbackServer({ certificate: await authority.issueServer() }, (_request, response) =>
      sendPage(response, 200, "hello"),
    );
    onTestFinished(() => server.close());
    const visit = async (trustedPem: string): Promise<string> =>
      (await new Person({ issuerOrigin: server.origin, trustedPem }).visit(server.origin)).body;
    expect(await visit(authority.certificatePem)).toBe("hello");
    await expect(visit(other.certificatePem)).rejects.toThrow(/certificate|signature/);
  });
});
