#!/usr/bin/env node
// Signs in with a client certificate that some other program renews in a folder; its end is read from the certificate.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runPlugin, type Provider } from "@kubepass/plugin-sdk";
import { Secret } from "@kubepass/wire";

const folder = process.env["CERTIFICATE_FOLDER"] ?? ".";
const provider: Provider = {
  name: "client-certificate-plugin",
  identity: { folder },
  async signIn() {
    const certificatePem = readFileSync(join(folder, "tls.crt"), "utf8");
    const privateKeyPem = new Secret(readFileSync(join(folder, "tls.key"), "utf8"));
    return { credential: { clientCertificate: { certificatePem, privateKeyPem } } };
  },
};

void runPlugin(process, provider);
