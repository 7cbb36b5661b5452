import { connect, type TLSSocket } from "node:tls";
import { createCertificateAuthority } from "@kubepass/testkit";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../serve/test-support/wait-until.ts";
import { openTestServer, type TestServer } from "./test-support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await openTestServer();
}, 30_000);

afterEach(() => {
  server.refused.length = 0;
  server.requests.length = 0;
});

const post = (body: string, more = ""): string =>
  `POST /x?timeout=30s HTTP/1.1\r\nHost: h\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test("a request is read whole and answered, and the connection lives on", async () => {
  await using client = await server.connect();
  client.send(post("one"));
  expect(await client.readAnswer()).toMatchObject({ status: 200, body: '{"echo":"one"}' });
  client.send(post("two"));
  expect(await client.readAnswer()).toMatchObject({ status: 200, body: '{"echo":"two"}' });
  expect(server.requests.map(({ head }) => head.path)).toEqual(["/x", "/x"]);
});

test("requests sent ahead are answered in their order", async () => {
  await using client = await server.connect();
  const texts = Array.from({ length: 50 }, (_, index) => `n${index}`);
  client.send(texts.map((text) => post(text)).join(""));
  for (const text of texts) expect((await client.readAnswer()).body).toBe(`{"echo":"${text}"}`);
});

test("a request may come byte by byte, across every border", async () => {
  await using client = await server.connect();
  for (const byte of Buffer.from(post("größe"))) {
    client.send(Buffer.from([byte]));
    await client.flushed();
  }
  expect((await client.readAnswer()).body).toBe('{"echo":"größe"}');
});

test.each([
  ["in one piece", "3\r\none\r\n0\r\n\r\n"],
  ["in pieces, with an extension", "1;name=value\r\no\r\n2\r\nne\r\n0\r\n\r\n"],
])("a body in chunks is put together: %s", async (_, chunks) => {
  await using client = await server.connect();
  client.send(`POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}${post("next")}`);
  expect((await client.readAnswer()).body).toBe('{"echo":"one"}');
  expect((await client.readAnswer()).body).toBe('{"echo":"next"}');
});

test("who waits to be told to go on is told", async () => {
  await using client = await server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  expect((await client.readAnswer()).status).toBe(100);
  client.send("one");
  expect((await client.readAnswer()).body).toBe('{"echo":"one"}');
});

describe("what is no proper request is refused and hung up on", () => {
  const chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  test.each([
    [400, "no HTTP", "\u0016\u0003\u0001 hello\r\n\r\n"],
    [400, "bare line feeds", "POST / HTTP/1.1\nHost: h\n\r\n\r\n"],
    [400, "a method in lower case", "post / HTTP/1.1\r\nHost: h\r\n\r\n"],
    [400, "a whole URL", "POST https://h/ HTTP/1.1\r\nHost: h\r\n\r\n"],
    [400, "two spaces", "POST  / HTTP/1.1\r\nHost: h\r\n\r\n"],
    [505, "HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\n\r\n"],
    [505, "HTTP/2 without TLS' leave", "PRI / HTTP/2.0\r\n\r\n"],
    [400, "no host", "POST / HTTP/1.1\r\n\r\n"],
    [400, "two hosts", "POST / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"],
    [400, "a space before the colon", "POST / HTTP/1.1\r\nHost : h\r\n\r\n"],
    [400, "a folded line", "POST / HTTP/1.1\r\nHost: h\r\n more\r\n\r\n"],
    [400, "a control character", "POST / HTTP/1.1\r\nHost: h\u0000\r\n\r\n"],
    [400, "two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n"],
    [400, "a list of lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\n"],
    [400, "a negative length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"],
    [400, "a length in hexadecimal", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\n"],
    [400, "length and chunks", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"],
    [501, "a no-break space behind the encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\u00a0\r\n\r\n0\r\n\r\n"],
    [400, "a no-break space behind the length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\u00a0\r\n\r\none"],
    [501, "another encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    [400, "two credentials", "POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"],
    [417, "another expectation", "POST / HTTP/1.1\r\nHost: h\r\nExpect: a-miracle\r\n\r\n"],
    [413, "a body that is too large", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4097\r\n\r\n"],
    [413, "a body of absurd length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999\r\n\r\n"],
    [413, "a chunk that is too large", `${chunked}fffffff\r\n`],
    [413, "chunks that are too large together", `${chunked}${`400\r\n${"x".repeat(1024)}\r\n`.repeat(5)}`],
    [413, "a flood of small chunks", `${chunked}${"1\r\nx\r\n".repeat(4097)}`],
    [400, "a chunk without a size", `${chunked}\r\n`],
    [400, "a chunk of negative size", `${chunked}-1\r\n`],
    [400, "a chunk longer than it says", `${chunked}1\r\nxx\r\n`],
    [400, "a size that never ends", `${chunked}${"0".repeat(300)}`],
    [400, "trailers", `${chunked}0\r\nX: y\r\n\r\n`],
    [431, "a head that never ends", `POST / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(17_000)}`],
    [431, "too many fields", `POST / HTTP/1.1\r\nHost: h\r\n${"X: y\r\n".repeat(101)}\r\n`],
  ])("%i: %s", async (status, _, text) => {
    await using client = await server.connect();
    client.send(Buffer.from(text, "latin1"));
    expect(await client.readAnswer()).toMatchObject({ status });
    await client.closed;
    expect(server.requests).toHaveLength(0);
    expect(server.refused).toEqual([status]);
  });
});

test("random bytes never bring it down", async () => {
  for (let round = 0; round < 20; round += 1) {
    await using client = await server.connect();
    const noise = Buffer.from(Array.from({ length: 400 }, (_, index) => (index * 31 + round * 97) % 256));
    const start = round % 2 === 0 ? "" : "POST / HTTP/1.1\r\n";
    client.send(Buffer.concat([Buffer.from(start), noise, Buffer.from("\r\n\r\n")]));
    expect((await client.readAnswer()).status).toBeGreaterThanOrEqual(400);
  }
  expect(server.defects).toEqual([]);
});

test("whoever is slow is cut off, before and within a request", async () => {
  await using quick = await openTestServer({ requestTimeoutMs: 100, idleTimeoutMs: 200 });
  await using silent = await quick.connect();
  await silent.closed;
  await using slow = await quick.connect();
  slow.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  expect((await slow.readAnswer()).status).toBe(408);
  await slow.closed;
  await using idle = await quick.connect();
  idle.send(post("one"));
  expect((await idle.readAnswer()).status).toBe(200);
  await idle.closed;
});

describe("whoever is not known", () => {
  const head = "POST /stranger HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n";
  test.each([
    ["before its body is read", `${head}\r\n`],
    ["before it is told to go on", `${head}Expect: 100-continue\r\n\r\n`],
    ["once, whatever it sent ahead", `${head}\r\n${"x".repeat(4000)}${post("one")}`],
    ["also when only the body tells", post("stranger")],
  ])("is hung up on: %s", async (_, text) => {
    await using client = await server.connect();
    client.send(text);
    expect(await client.readAnswer()).toMatchObject({ status: 401, connection: "close" });
    await client.closed;
    await waitUntil(() => server.connections() === 0);
  });
});

test("a client that takes no answers gets no more, and is hung up on", async () => {
  await using brief = await openTestServer({ requestTimeoutMs: 500 });
  await using client = await brief.connect();
  client.socket.pause();
  client.send(post("large").repeat(400));
  await waitUntil(() => brief.requests.length > 0);
  await waitUntil(() => brief.connections() === 0);
  // As many as the system keeps for a connection: some megabytes.
  expect(brief.requests.length).toBeLessThan(200);
  expect(brief.refused).toEqual([]);
});

test("a client that takes its answers late gets all of them", async () => {
  await using client = await server.connect();
  client.socket.pause();
  client.send(post("large").repeat(100));
  await waitUntil(() => server.requests.length > 0);
  client.socket.resume();
  for (let count = 0; count < 100; count += 1) expect((await client.readAnswer()).body).toHaveLength(256 * 1024 + 2);
  client.send(post("one"));
  expect((await client.readAnswer()).body).toBe('{"echo":"one"}');
});

test.each(["/x", "/stranger", "/defect"])("an answer to HEAD %s has no body and is the last", async (path) => {
  await using client = await server.connect();
  let text = "";
  client.socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
  client.send(`HEAD ${path} HTTP/1.1\r\nHost: h\r\n\r\n${post("one")}`);
  await client.closed;
  expect(text).toMatch(/^HTTP\/1\.1 (200|401|500) .+\r\n(.+\r\n)*Content-Length: [1-9]\d*\r\nConnection: close\r\n\r\n$/);
  server.defects.splice(0);
});

test("a defect of the handler is a 500 that tells nothing", async () => {
  await using client = await server.connect();
  client.send(post("defect"));
  const answer = await client.readAnswer();
  expect(answer.status).toBe(500);
  expect(answer.body).not.toContain("hunter2");
  expect(server.defects.splice(0)).toHaveLength(1);
});

describe("client certificates", () => {
  async function peerOf(certificate: Awaited<ReturnType<TestServer["authority"]["issueClient"]>> | undefined): Promise<string | undefined> {
    await using client = await server.connect(certificate);
    client.send(post("who"));
    return (await client.readAnswer()).body;
  }

  test("of the authority name the caller", async () => {
    expect(await peerOf(await server.authority.issueClient({ commonName: "kube-apiserver", organizations: ["o"] }))).toBe(
      '{"peer":"kube-apiserver"}',
    );
  });

  test("that are missing, expired, for servers, or of another authority of the same name name nobody", async () => {
    const stranger = await createCertificateAuthority(server.authority.name);
    const past = new Date(Date.now() - 3_600_000);
    const certificates = [
      undefined,
      await server.authority.issueClient({ commonName: "kube-apiserver", notBefore: new Date(past.getTime() - 3_600_000), notAfter: past }),
      await server.authority.issueServer({ hosts: ["kube-apiserver"] }),
      await stranger.issueClient({ commonName: "kube-apiserver" }),
    ];
    for (const certificate of certificates) expect(await peerOf(certificate)).toBe('{"peer":null}');
  });
});

test("certificates are renewed for new connections, and old ones go on", async () => {
  await using renewing = await openTestServer();
  await using before = await renewing.connect();
  const fresh = await renewing.authority.issueServer({ hosts: ["127.0.0.1", "renewed"] });
  renewing.renew(fresh);
  const subjectOf = (socket: TLSSocket): string => String(socket.getPeerCertificate().subjectaltname);
  await using after = await renewing.connect();
  expect(subjectOf(before.socket)).not.toContain("renewed");
  expect(subjectOf(after.socket)).toContain("renewed");
  before.send(post("still"));
  expect((await before.readAnswer()).body).toBe('{"echo":"still"}');
});

test("connections of an authority that is no longer the one end after their next answer", async () => {
  await using renewing = await openTestServer();
  const own = await renewing.authority.issueClient({ commonName: "kube-apiserver" });
  const other = await createCertificateAuthority("other");
  await using before = await renewing.connect(own);
  before.send(post("one"));
  expect(await before.readAnswer()).toMatchObject({ status: 200, connection: undefined });
  renewing.renew(await renewing.authority.issueServer(), other.certificatePem);
  before.send(post("who"));
  expect(await before.readAnswer()).toEqual({ status: 200, connection: "close", body: '{"peer":"kube-apiserver"}' });
  await before.closed;
  const peers = [own, await other.issueClient({ commonName: "new" })].map(async (certificate) => {
    await using client = await renewing.connect(certificate);
    client.send(post("who"));
    return (await client.readAnswer()).body;
  });
  expect(await Promise.all(peers)).toEqual(['{"peer":null}', '{"peer":"new"}']);
});

test("at the end what was begun is answered, and nobody new is let in", async () => {
  const ending = await openTestServer();
  await using busy = await ending.connect();
  await using idle = await ending.connect();
  busy.send(post("wait"));
  await ending.waiting();
  const closed = ending.close();
  await idle.closed;
  ending.release();
  expect(await busy.readAnswer()).toMatchObject({ status: 200, connection: "close" });
  await busy.closed;
  await closed;
  await expect(
    new Promise((resolve, reject) => connect({ port: ending.port, host: "127.0.0.1" }, () => resolve(undefined)).once("error", reject)),
  ).rejects.toThrow(/ECONNREFUSED/);
});
