import type { RequestCase } from "./generate-request-case.ts";
import type { CaseOutcome } from "./run-request-case.ts";

/** A way in which we mean to differ from client-go, and the cases that it may show in. */
export interface IntendedDifference {
  readonly name: string;
  readonly reason: string;
  /** Whether it may show in a case, seen by what client-go did. */
  readonly explains: (asked: RequestCase, theirs: CaseOutcome) => boolean;
  /** It depends on the moment, so a run may pass without it. */
  readonly isRare?: boolean;
}

/** Every intended difference; docs/exec-plugins.md says the same to people. A difference that never shows fails the test. */
export const intendedDifferences: readonly IntendedDifference[] = [
  {
    name: "a handshake does not run the plugin again",
    reason:
      "client-go asks the plugin at each handshake in which the server asks for a certificate, and so runs it twice when its answer had expired already",
    explains: ({ isCertificateAsked, answers }) => isCertificateAsked && answers.some(({ name }) => name.startsWith("expired")),
  },
  {
    name: "a request with its own authorization runs the plugin for a new connection",
    reason:
      "client-go runs it at the handshake, if the server asks for a certificate; whether it will cannot be known before the handshake here, " +
      "and a connection without the plugin's certificate would make later requests anonymous",
    explains: ({ isCertificateAsked, steps }) => !isCertificateAsked && steps.some(({ headers }) => "Authorization" in headers),
  },
  {
    name: "the expiry of a bad answer is not kept",
    reason: "client-go stores the expiry before it parses the certificate, and then takes the old credential for good",
    explains: ({ answers }) => answers.some(({ name }) => name === "a key of another until later"),
  },
  {
    name: "year one is long over",
    reason: "client-go takes the zero time for no expiry at all",
    explains: ({ answers }) => answers.some(({ name }) => name === "year one"),
  },
  {
    name: "what has expired already is asked for again by a new connection",
    reason:
      "client-go sends the request with the expired answer, and asks again only if the server asks for a certificate at the handshake; here the " +
      "connection asks, because its certificate may be needed",
    explains: ({ isCertificateAsked, answers }) => !isCertificateAsked && answers.some(({ name }) => name.startsWith("expired")),
  },
  {
    name: "a changed certificate does not break the next request",
    reason: "client-go closes the old connections under its pool, which may take one of them for the next request before it notices",
    explains: (_, { errors }) => errors.some((error) => error.includes("use of closed network connection")),
    isRare: true,
  },
];
