import { once } from "node:events";
import { get as httpsGet } from "node:https";
import { connect } from "node:net";
import { Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createAuthority } from "@kubepass/network/test-support";
import { failure, isAnswered, never, openTestListener as open, success } from "../test-support/open-listener.ts";
import { isPortClosed, sendRaw, until } from "../test-support/sign-in-scene.ts";

describe("the way of the browser", () => {
  it("leads from the callback to an address without code and state, and to a page that waits for the outcome", async () => {
    const listener = await open();
    const callback = await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    expect(callback.status).toBe(303);
    const location = callback.headers.get("location") ?? "";
    expect(location).toMatch(/^\/callback\/[\w-]{32}$/);
    const answer = await listener.answer;
    expect(answer.kind === "code" && answer.code.reveal()).toBe("abc");
    const page = fetch(new URL(location, listener.redirectUri));
    const [response] = await Promise.all([page, listener.finish(success, never)]);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("anna@example.com");
  });

  it("ends on a page that says what failed", async () => {
    const listener = await open();
    const page = fetch(`${listener.redirectUri}?code=abc&state=right`);
    await listener.answer;
    await listener.finish(failure, never);
    const response = await page;
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("wrong audience");
  });

  it("ends elsewhere when that was asked for", async () => {
    const listener = await open();
    const callback = await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    const page = fetch(new URL(callback.headers.get("location") ?? "", listener.redirectUri), { redirect: "manual" });
    const [response] = await Promise.all([page, listener.finish({ kind: "redirect", url: "https://console.example/" }, never)]);
    expect([response.status, response.headers.get("location")]).toEqual([303, "https://console.example/"]);
  });

  it("is told that the sign-in was cancelled, when the port closes at once", async () => {
    const listener = await open();
    const callback = await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    const page = fetch(new URL(callback.headers.get("location") ?? "", listener.redirectUri));
    await listener.awaitPageRequest();
    listener.close(failure);
    expect(await (await page).text()).toContain("TOKEN_INVALID");
  });

  it("carries the security headers on every answer", async () => {
    const listener = await open();
    const paths = ["/callback?code=a&state=wrong", "/callback?code=a&state=right", "/nowhere"];
    for (const path of paths) {
      const { headers } = await fetch(new URL(path, listener.redirectUri), { redirect: "manual" });
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'/,
      );
      expect(headers.get("connection")).toBe("close");
    }
  });
});

describe("the port", () => {
  it("is closed as soon as the page was read", async () => {
    const listener = await open();
    const page = fetch(`${listener.redirectUri}?code=abc&state=right`);
    await listener.answer;
    await listener.finish(success, never);
    await page;
    expect(await isPortClosed(listener.redirectUri)).toBe(true);
  });

  it("is closed after two seconds when the browser never comes for the page", async () => {
    const listener = await open();
    await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    const finished = listener.finish(success, never);
    await until(() => listener.clock.sleepers() === 1);
    expect(listener.clock.asked).toEqual([2000]);
    listener.clock.advance(2000);
    await finished;
    expect(await isPortClosed(listener.redirectUri)).toBe(true);
  });

  it("is closed at once when no browser ever came", async () => {
    const listener = await open();
    await listener.finish(success, never);
    expect(listener.clock.asked).toEqual([]);
    expect(await isPortClosed(listener.redirectUri)).toBe(true);
  });

  it("is closed at once though a browser keeps an idle connection, which gets no answer any more", async () => {
    const listener = await open();
    const idle = connect(listener.port, "127.0.0.1").on("error", () => undefined);
    await once(idle, "connect");
    const received: unknown[] = [];
    idle.on("data", (chunk) => received.push(chunk));
    const closed = new Promise((resolve) => idle.once("close", resolve));
    await listener.finish(success, never);
    idle.write(`GET /callback?code=abc&state=right HTTP/1.1\r\nHost: 127.0.0.1:${listener.port}\r\n\r\n`);
    await closed;
    expect(received).toEqual([]);
    expect(await isAnswered(listener)).toBe(false);
  });

  it("is closed though the browser left while the page was on its way", async () => {
    const listener = await open();
    const callback = await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    const leaving = new AbortController();
    const page = fetch(new URL(callback.headers.get("location") ?? "", listener.redirectUri), { signal: leaving.signal });
    await listener.awaitPageRequest();
    leaving.abort();
    await expect(page).rejects.toMatchObject({ name: "AbortError" });
    await listener.finish(success, never);
  });

  it("may be of the other address family", async () => {
    const listener = await open({ place: { addresses: ["::1"], ports: [] }, redirectHost: "::1" });
    expect(listener.redirectUri).toMatch(/^http:\/\/\[::1\]:\d+\/callback$/);
    await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    expect(await isAnswered(listener)).toBe(true);
  });

  it("answers on both families when the redirect URL says localhost", async () => {
    const listener = await open({ place: { addresses: ["127.0.0.1", "::1"], ports: [] }, redirectHost: "localhost" });
    for (const address of ["127.0.0.1", "::1"]) {
      const reply = await sendRaw(listener.port, `GET /callback?state=wrong HTTP/1.1\r\nHost: localhost:${listener.port}\r\n\r\n`, address);
      expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  it("serves https with a given certificate", async () => {
    const authority = await createAuthority();
    const { certificatePem, privateKeyPem } = await authority.issue();
    const listener = await open({ tls: { certificatePem, privateKeyPem: new Secret(privateKeyPem) } });
    expect(listener.redirectUri).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      httpsGet(`${listener.redirectUri}?code=abc&state=right`, { ca: authority.certificatePem }, (response) =>
        resolve(response.statusCode),
      ).on("error", reject);
    });
    expect(status).toBe(303);
  });

  it("does not open with a certificate that is none", async () => {
    await expect(open({ tls: { certificatePem: "nothing", privateKeyPem: new Secret("nothing") } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

describe("nothing but the right answer ends the sign-in:", () => {
  it.each([
    ["an answer with a wrong state", "/callback?code=abc&state=wrong", 400],
    ["an error with a wrong state", "/callback?error=access_denied&state=wrong", 400],
    ["an error without state", "/callback?error=access_denied", 400],
    ["the callback path alone", "/callback", 400],
    ["the root", "/", 404],
    ["the favicon", "/favicon.ico", 404],
    ["a guess at the result", "/callback/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 404],
  ])("%s", async (_, path, status) => {
    const listener = await open();
    const response = await fetch(new URL(path, listener.redirectUri), { redirect: "manual" });
    expect(response.status).toBe(status);
    expect(await isAnswered(listener)).toBe(false);
    await fetch(`${listener.redirectUri}?code=abc&state=right`, { redirect: "manual" });
    expect(await isAnswered(listener)).toBe(true);
  });

  it("no answer tells the state", async () => {
    const listener = await open({ expected: { state: "very-secret-state", issuer: "https://issuer.example", isIssuerRequired: false } });
    for (const path of ["/", "/callback", "/callback?state=x", "/favicon.ico", "/authorize"]) {
      const response = await fetch(new URL(path, listener.redirectUri), { redirect: "manual" });
      expect(`${JSON.stringify([...response.headers])}${await response.text()}`).not.toContain("very-secret-state");
    }
  });

  it("an answer that is repeated, with the same code or another", async () => {
    const listener = await open();
    const first = await fetch(`${listener.redirectUri}?code=first&state=right`, { redirect: "manual" });
    for (const code of ["first", "second"]) {
      const replay = await fetch(`${listener.redirectUri}?code=${code}&state=right`, { redirect: "manual" });
      expect(replay.status).toBe(410);
      expect(await replay.text()).toContain("already answered");
    }
    const answer = await listener.answer;
    expect(answer.kind === "code" && answer.code.reveal()).toBe("first");
    const result = new URL(first.headers.get("location") ?? "", listener.redirectUri);
    const page = fetch(result);
    await listener.awaitPageRequest();
    expect((await fetch(result)).status).toBe(404);
    await listener.finish(success, never);
    expect((await page).status).toBe(200);
  });
});
