#!/usr/bin/env node
// Signs in with a client certificate that some other program renews in a folder; its end is read from the certificate.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runPlugin, type Provider } from "@kubepass/plugin-sdk";
import { Secret } from "@kubepass/wire";

const folder = process.env["CERTIFICATE_FOLDER"] ?? ".";
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const provider: Provider = {
  name: "client-certificate-plugin",
  identity: { folder },
  async signIn() {
    return { credential: { clientCertificate: { certificatePem: read("tls.crt"), privateKeyPem: new Secret(read("tls.key")) } } };
  },
};

void runPlugin(process, provider);
