import type { CaseCertificates, PluginAnswer, RequestCase, RequestStep } from "./generate-request-case.ts";

const apiVersion = "client.authentication.k8s.io/v1";

function ask(more: Partial<RequestStep> = {}): RequestStep {
  return { method: "GET", path: "/api", headers: {}, body: "", count: 1, ...more };
}

function answer(name: string, status: object): PluginAnswer {
  return { name, text: JSON.stringify({ apiVersion, kind: "ExecCredential", status }), exitCode: 0 };
}

// What expires soon does so 2 to 3 seconds after the plugin has run.
const soon = "@SOON@";
const later = "2100-01-01T00:00:00Z";
const untilExpiry = { copies: [], waitMs: 3_100 };

function createExpiryCase(name: string, isCertificateAsked: boolean, answers: readonly PluginAnswer[]): RequestCase {
  const steps = [ask(), ask({ count: 20 }), ask({ count: 20, before: untilExpiry }), ask()];
  return { name, user: {}, exec: { apiVersion, interactiveMode: "Never" }, cluster: {}, answers, statuses: [], isCertificateAsked, steps };
}

/** Credentials that expire while the client runs, in real time: before it, after it, and in a crowd just after it. */
export function listExpiryCases({ first }: CaseCertificates): readonly RequestCase[] {
  const pair = { clientCertificateData: first.certificate, clientKeyData: first.key };
  return [
    createExpiryCase("expiring-token", false, [
      answer("token until soon", { token: "one", expirationTimestamp: soon }),
      answer("token until later", { token: "two", expirationTimestamp: later }),
    ]),
    createExpiryCase("expiring-pair", true, [
      answer("certificate and token until soon", { ...pair, token: "one", expirationTimestamp: soon }),
      answer("certificate and token", { ...pair, token: "two", expirationTimestamp: later }),
    ]),
  ];
}

/** A client certificate in files that are replaced while the client runs; the server ends the connection in between. */
export function createRotationCase({ first, second }: CaseCertificates): RequestCase {
  const copy = (name: string, to: string): readonly [string, string] => [`@FOLDER@/${name}`, `@FOLDER@/${to}`];
  const toSecond = { copies: [copy("second.crt", "tls.crt"), copy("second.key", "tls.key")], waitMs: 1_100 };
  const toFirst = { copies: [copy("first.crt", "tls.crt"), copy("first.key", "tls.key")], waitMs: 1_100 };
  return {
    name: "rotated-files",
    user: { "client-certificate": "@FOLDER@/tls.crt", "client-key": "@FOLDER@/tls.key" },
    exec: undefined,
    cluster: {},
    answers: [],
    files: {
      "tls.crt": first.certificate,
      "tls.key": first.key,
      "first.crt": first.certificate,
      "first.key": first.key,
      "second.crt": second.certificate,
      "second.key": second.key,
    },
    statuses: [],
    isCertificateAsked: true,
    steps: [
      ask(),
      ask({ path: "/api?close" }),
      ask({ before: toSecond, count: 10 }),
      ask({ path: "/api?close" }),
      ask({ before: toFirst }),
    ],
  };
}

/** Half of the pair is replaced, and a new connection needs it. */
export function createHalfRotationCase(certificates: CaseCertificates): RequestCase {
  const half = { copies: [["@FOLDER@/second.key", "@FOLDER@/tls.key"] as const], waitMs: 1_100 };
  return {
    ...createRotationCase(certificates),
    name: "half-rotated-files",
    steps: [ask({ path: "/api?close" }), ask({ before: half })],
  };
}
