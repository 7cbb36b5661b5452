import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createCertificateAuthority } from "./certificate-authority.ts";

describe("a certificate authority", () => {
  test("issues a server certificate for loopback names that chains to it", async () => {
    const authority = await createCertificateAuthority("acme");
    const root = new X509Certificate(authority.certificatePem);
    const { certificatePem, privateKeyPem } = await authority.issueServer();
    const leaf = new X509Certificate(certificatePem);
    expect(root.ca).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
    expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(leaf.checkHost("localhost")).toBe("localhost");
    expect(leaf.checkHost("example.com")).toBeUndefined();
  });

  test("issues a client certificate that names a user and groups", async () => {
    const authority = await createCertificateAuthority();
    const notAfter = new Date("2100-01-01T00:00:00Z");
    const { certificatePem } = await authority.issueClient({ commonName: "anna", organizations: ["dev", "ops"], notAfter });
    const leaf = new X509Certificate(certificatePem);
    expect(leaf.subject.split("\n").toSorted()).toEqual(["CN=anna", "O=dev", "O=ops"]);
    expect(new Date(leaf.validTo)).toEqual(notAfter);
  });

  test("issues a server certificate that has already ended", async () => {
    const authority = await createCertificateAuthority();
    const leaf = new X509Certificate((await authority.issueExpiredServer({ hosts: ["old.example"] })).certificatePem);
    expect(new Date(leaf.validTo).getTime()).toBeLessThan(Date.now());
    expect(leaf.checkHost("old.example")).toBe("old.example");
  });
});
