import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isCredentialError, Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createAuthority, createSelfSigned } from "./test-support/certificates.ts";
import { createTestNetworkHost, type TestNetworkHost } from "./test-support/host.ts";
import { sendJson, startServer, startTcpServer, startTlsServer, type TestServer } from "./test-support/servers.ts";
import { createFetch } from "./create-fetch.ts";
import type { NetworkOptions } from "./network-options.ts";

async function fetchFrom(
  server: TestServer,
  options: NetworkOptions,
  host: TestNetworkHost = createTestNetworkHost(),
  name = "127.0.0.1",
): Promise<string> {
  try {
    return String((await createFetch(options, host)(`https://${name}:${server.port}/`)).status);
  } catch (error) {
    return isCredentialError(error) ? `${error.code}: ${error.message}; ${error.hint}` : `another error: ${String(error)}`;
  }
}

const respond: Parameters<typeof startServer>[0] = (_request, response) => sendJson(response, {});

describe("the certificate of an issuer", () => {
  it("is trusted by a given authority", async () => {
    const authority = await createAuthority();
    const server = await startServer(respond, await authority.issue());
    expect(await fetchFrom(server, { certificateAuthorityPems: [authority.certificatePem] })).toBe("200");
    expect(await fetchFrom(server, { certificateAuthorityPems: [authority.certificatePem] }, createTestNetworkHost(), "localhost")).toBe(
      "200",
    );
  });

  it("is trusted by one of several authorities, also in one text with remarks", async () => {
    const [authority, other] = [await createAuthority("a"), await createAuthority("b")];
    const server = await startServer(respond, await authority.issue());
    const pem = `# other\n${other.certificatePem}\r\n# ours\r\n${authority.certificatePem.replace(/\n/g, "\r\n")}`;
    expect(await fetchFrom(server, { certificateAuthorityPems: [pem] })).toBe("200");
  });

  it("is trusted by the authority of SSL_CERT_FILE and of SSL_CERT_DIR", async () => {
    const authority = await createAuthority();
    const server = await startServer(respond, await authority.issue());
    const folder = createTestNetworkHost().folder;
    writeFileSync(join(folder, "authority.pem"), authority.certificatePem);
    expect(await fetchFrom(server, {}, createTestNetworkHost({ SSL_CERT_FILE: join(folder, "authority.pem") }))).toBe("200");
    expect(await fetchFrom(server, {}, createTestNetworkHost({ SSL_CERT_DIR: `/nowhere:${folder}` }))).toBe("200");
  });

  it("is refused when nobody knows its authority, with the way to give it", async () => {
    const authority = await createAuthority();
    const server = await startServer(respond, await authority.issue());
    expect(await fetchFrom(server, {})).toMatch(
      /^TLS_UNTRUSTED: the certificate of 127\.0\.0\.1:\d+ is from an authority that is not trusted here; .*--certificate-authority FILE$/,
    );
  });

  it("is refused when it is self-signed", async () => {
    const server = await startServer(respond, await createSelfSigned());
    expect(await fetchFrom(server, {})).toMatch(/^TLS_UNTRUSTED: the certificate of .* is self-signed; .*--certificate-authority FILE$/);
  });

  it("is refused when it has expired", async () => {
    const authority = await createAuthority();
    const server = await startServer(
      respond,
      await authority.issue({ notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") }),
    );
    expect(await fetchFrom(server, { certificateAuthorityPems: [authority.certificatePem] })).toMatch(
      /^TLS_UNTRUSTED: .* has expired; check this machine's clock/,
    );
  });

  it("is refused when it is for another name", async () => {
    const authority = await createAuthority();
    const server = await startServer(respond, await authority.issue({ names: ["other.example"], addresses: ["10.0.0.1"] }));
    const options = { certificateAuthorityPems: [authority.certificatePem] };
    expect(await fetchFrom(server, options)).toMatch(/^TLS_UNTRUSTED: .* is for another name; /);
    expect(await fetchFrom(server, options, createTestNetworkHost(), "localhost")).toMatch(/^TLS_UNTRUSTED: .* is for another name; /);
  });

  it("is not checked on explicit demand, and each run warns of it", async () => {
    const authority = await createAuthority();
    const server = await startServer(respond, await authority.issue({ names: ["other.example"], addresses: [] }));
    const host = createTestNetworkHost();
    expect(await fetchFrom(server, { isServerCertificateUnchecked: true }, host)).toBe("200");
    expect(host.lines.filter((line) => line.level === "warn").map((line) => line.message)).toEqual([
      "server certificates are not checked: anybody on the way can read and change what is sent, so no session is stored",
    ]);
  });
});

describe("TLS", () => {
  it("older than 1.2 is not offered", async () => {
    let hello = "";
    const server = await startTcpServer(
      (socket) =>
        void socket.once("data", (bytes: Buffer) => {
          hello = bytes.toString("hex");
          socket.destroy();
        }),
    );
    expect(await fetchFrom({ ...server, requests: [] }, {})).toMatch(/^ISSUER_UNREACHABLE: cannot reach /);
    // The extension supported_versions (RFC 8446 §4.2.1): 1.3 and 1.2, beside the reserved values of RFC 8701.
    const [, versions = ""] = /002b00..(?:04|06|08|0a)((?:[0-9a]a[0-9a-f]a)?0304(?:0303)?[0-9a-f]{0,8})/.exec(hello) ?? [];
    expect(versions).toContain("03040303");
    expect(versions.slice(0, 12)).not.toMatch(/0302|0301/);
  });

  it("shows the client certificate to a server that asks for one", async () => {
    const authority = await createAuthority();
    const leaf = await authority.issue();
    const seen: string[] = [];
    const server = await startTlsServer(
      await authority.issue(),
      { requestCert: true, rejectUnauthorized: true, ca: [authority.certificatePem] },
      (socket) => {
        seen.push(socket.getPeerCertificate().raw.toString("base64"));
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
      },
    );
    const clientCertificate = { certificatePem: leaf.certificatePem, privateKeyPem: new Secret(leaf.privateKeyPem) };
    const options = { certificateAuthorityPems: [authority.certificatePem] };
    expect(await fetchFrom(server, { ...options, clientCertificate })).toBe("200");
    expect(seen).toEqual([leaf.certificatePem.replace(/-----.*-----|\s/g, "")]);
    expect(await fetchFrom(server, options)).toMatch(/^ISSUER_UNREACHABLE/);
  });
});

describe("unreadable certificates", () => {
  const garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

  it.each([
    ["", "the certificate authority holds no certificate in PEM form"],
    ["canary", "the certificate authority holds no certificate in PEM form"],
    [garbage, "the certificate authority holds a certificate that cannot be read"],
  ])("are refused: %j", async (pem, message) => {
    const authority = await createAuthority();
    const server = await startServer(respond, await authority.issue());
    expect(await fetchFrom(server, { certificateAuthorityPems: [pem] })).toContain(`FILE_UNREADABLE: ${message}; give PEM text`);
  });

  it("of a client, or a key of another, are refused without showing the key", async () => {
    const authority = await createAuthority();
    const [one, two] = [await authority.issue(), await authority.issue()];
    const server = await startServer(respond, one);
    for (const key of ["canary", two.privateKeyPem]) {
      const clientCertificate = { certificatePem: one.certificatePem, privateKeyPem: new Secret(key) };
      expect(await fetchFrom(server, { clientCertificate })).toMatch(
        /^FILE_UNREADABLE: the client certificate and its key cannot be used together; /,
      );
    }
  });

  it("do not matter as long as nobody speaks https", async () => {
    const server = await startServer(respond);
    const response = await createFetch({ certificateAuthorityPems: ["garbage"] }, createTestNetworkHost())(`${server.origin}/`);
    expect(response.status).toBe(200);
  });
});
