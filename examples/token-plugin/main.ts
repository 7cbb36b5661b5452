#!/usr/bin/env node
// A whole credential plugin: cache, lock, expiry margin, protocol versions and error texts come with the SDK.
import { readFileSync } from "node:fs";
import { runPlugin, type Provider } from "@kubepass/plugin-sdk";
import { Secret } from "@kubepass/wire";

const tokenFile = process.env["TOKEN_FILE"] ?? "token";
const provider: Provider = {
  name: "token-plugin",
  identity: { tokenFile },
  async signIn() {
    const token = new Secret(readFileSync(tokenFile, "utf8").trim());
    return { credential: { token, expiresAt: new Date(Date.now() + 10 * 60_000) } };
  },
};

void runPlugin(process, provider);
