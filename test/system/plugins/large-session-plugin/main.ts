#!/usr/bin/env node
// A plugin whose session is larger than any item of a keyring may be, and which gives a credential only for the whole of it.
import { readFileSync } from "node:fs";
import { runPlugin, type Issued, type Provider } from "@kubepass/plugin-sdk";
import { Secret } from "@kubepass/wire";

const size = 64 * 1024;
const proof = process.env["LARGE_SESSION_PROOF"] ?? "";
const whole = proof.repeat(Math.ceil(size / proof.length)).slice(0, size);

function issue(): Issued {
  const token = new Secret(readFileSync(process.env["TOKEN_FILE"] ?? "", "utf8").trim());
  return { credential: { token, expiresAt: new Date(Date.now() + 1_000) }, session: { secret: new Secret(whole) } };
}

const provider: Provider = {
  name: "large-session-plugin",
  identity: {},
  needsPerson: true,
  signIn: async () => issue(),
  async refresh(session) {
    return session.secret.reveal() === whole ? { kind: "issued", issued: issue() } : { kind: "refused", reason: "the session has changed" };
  },
};

void runPlugin(process, provider);
