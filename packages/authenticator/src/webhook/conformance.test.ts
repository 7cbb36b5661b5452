import { parseTokenReview } from "@kubepass/wire";
import { test } from "vitest";
import { testVerifier } from "../testing/verifier-suite.ts";
import { createWebhookVerifier } from "./webhook-verifier.ts";

const apiVersion = "authentication.k8s.io/v1";
const now = new Date("2026-06-01T00:00:00Z");

/** Another webhook in a few lines: it knows one token. */
function answer(body: string): Response {
  const isKnown = parseTokenReview(body).token.reveal() === "prefix-good";
  const status = isKnown ? { authenticated: true, user: { username: "anna", groups: ["dev"] } } : { authenticated: false };
  return Response.json({ apiVersion, kind: "TokenReview", status });
}

testVerifier(test, "another webhook", {
  create: () =>
    createWebhookVerifier({
      url: "https://webhook.example",
      apiVersion,
      tokenPrefix: "prefix-",
      now: () => now,
      fetch: async (_, request) => await Promise.resolve(answer(String(request?.body))),
    }),
  now,
  good: "prefix-good",
  bad: ["prefix-somebody-unknown", "prefix-good-but-longer"],
  foreign: ["good"],
});
