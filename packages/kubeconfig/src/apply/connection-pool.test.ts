import { expect, test } from "vitest";
import { CredentialError } from "@kubepass/wire";
import { createConnectTimeoutError, toClusterError } from "./connection-pool.ts";
import { BrokenConnectionError } from "./wire-call.ts";

const url = new URL("https://k.example:6443");

test.each([
  ["takes no connection in time", createConnectTimeoutError(url), "k.example:6443 did not take a connection within 30 s"],
  ["is not there", toClusterError(new CredentialError("ISSUER_UNREACHABLE", "refused"), url), "refused"],
  [
    "breaks off",
    toClusterError(new BrokenConnectionError(new Error("reset"), false), url),
    "the connection to k.example:6443 broke: reset",
  ],
])("a server that %s is unreachable, with what to look at", (_, error, message) => {
  expect(error).toMatchObject({
    code: "CLUSTER_UNREACHABLE",
    message,
    retryable: true,
    hint: "check clusters[].cluster.server, the network and the proxy",
  });
});
