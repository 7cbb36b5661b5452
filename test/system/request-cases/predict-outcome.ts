import { parseAllDocuments } from "yaml";
import { isJsonObject, type JsonObject } from "@kubepass/wire";
import type { CaseCertificates, PluginAnswer, RequestCase, RequestStep } from "./generate-request-case.ts";

/** In what a client may differ from another one, each by name. */
export interface ClientTraits {
  /** Year one, the zero time, is no expiry. */
  readonly isZeroTimeNoExpiry: boolean;
  /** The expiry of an answer counts even when its certificate is refused then. */
  readonly isBadExpiryKept: boolean;
  /** A new connection asks the plugin only if the server wants a certificate. */
  readonly isHandshakeAskingOnDemand: boolean;
}

/** What a case comes to, as far as the plugin's answers decide it. */
export interface PredictedOutcome {
  readonly steps: readonly string[];
  readonly requests: readonly PredictedRequest[];
  readonly runCount: number;
}

/** One request that reaches the server. */
export interface PredictedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
  readonly certificate: string;
}

/** The outcome of a request whose connection the client closed under its own feet, which depends on the moment. */
export const broken = "BROKEN";

interface Given {
  readonly token: string;
  readonly certificate: string;
  readonly expiry: string;
  readonly failure: string;
  /** Whether there is a pair at all, good or not. */
  readonly hasPair: boolean;
}

class PluginError extends Error {}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What lies in an answer, read without the code under test; a bad one may be anything. */
function readStatus({ text, failure }: PluginAnswer): JsonObject {
  let document: unknown;
  try {
    document = failure === undefined ? parseAllDocuments(text)[0]?.toJS() : JSON.parse(text);
  } catch {
    return {};
  }
  return isJsonObject(document) && isJsonObject(document["status"]) ? document["status"] : {};
}

function readAnswer(answer: PluginAnswer, { first, second }: CaseCertificates): Given {
  const status = readStatus(answer);
  const pem = textOf(status["clientCertificateData"]);
  const pairs = [["first", first] as const, ["second", second] as const];
  return {
    token: textOf(status["token"]),
    certificate: pairs.find(([, pair]) => pair.certificate === pem)?.[0] ?? "",
    expiry: textOf(status["expirationTimestamp"]),
    failure: answer.failure ?? "",
    hasPair: pem !== "" && textOf(status["clientKeyData"]) !== "",
  };
}

/** A client of one kubeconfig with a plugin, as simple as can be: one request after the other. */
class ModelClient {
  readonly #asked: RequestCase;
  readonly #answers: readonly Given[];
  readonly #traits: ClientTraits;
  readonly #statuses: number[];
  readonly requests: PredictedRequest[] = [];
  runCount = 0;
  #kept: Given | undefined;
  #expiry = "";
  #connection: { readonly certificate: string } | undefined;
  /** It closed a connection that its pool may still take for the next request. */
  #isPoolStale = false;

  constructor(asked: RequestCase, certificates: CaseCertificates, traits: ClientTraits) {
    this.#asked = asked;
    this.#answers = asked.answers.map((answer) => readAnswer(answer, certificates));
    this.#traits = traits;
    this.#statuses = [...asked.statuses];
  }

  /** `isBroken` says that the request was seen to break; it only counts where that can be. */
  take(step: RequestStep, isBroken: boolean): string {
    const own = step.headers["Authorization"];
    try {
      const used = own === undefined ? this.#get() : undefined;
      if (this.#breaks(isBroken)) return broken;
      this.#connect();
      return this.#breaks(isBroken) ? broken : this.#send(step, own, used, isBroken);
    } catch (error) {
      if (error instanceof PluginError) return error.message;
      throw error;
    }
  }

  #send({ method, path, body }: RequestStep, own: string | undefined, used: Given | undefined, isBroken: boolean): string {
    const authorization = own ?? (used?.token ? `Bearer ${used.token}` : "");
    this.requests.push({ method, path, body, authorization, certificate: this.#connection?.certificate ?? "" });
    const status = this.#statuses.shift() ?? 200;
    this.#isPoolStale = false;
    if (status === 401) this.#replace(used);
    return this.#breaks(isBroken) ? broken : String(status);
  }

  #breaks(isBroken: boolean): boolean {
    if (!isBroken || !this.#isPoolStale) return false;
    this.#connection = undefined;
    this.#isPoolStale = false;
    return true;
  }

  #isFresh(): boolean {
    if (this.#expiry === "") return true;
    return this.#expiry.startsWith("0001-") ? this.#traits.isZeroTimeNoExpiry : Date.parse(this.#expiry) > Date.now();
  }

  #get(): Given {
    return this.#kept !== undefined && this.#isFresh() ? this.#kept : this.#run();
  }

  #replace(refused: Given | undefined): void {
    if (refused === undefined || refused !== this.#kept) return;
    try {
      this.#run();
    } catch {
      // The answer is the 401.
    }
  }

  #run(): Given {
    if (this.#asked.exec?.["interactiveMode"] === "Always") throw new PluginError("LOGIN_REQUIRED");
    const given = this.#answers[Math.min(this.runCount, this.#answers.length - 1)];
    if (given === undefined) throw new Error("the case has no answer");
    this.runCount += 1;
    if (given.failure !== "") {
      if (given.hasPair && this.#traits.isBadExpiryKept) this.#expiry = given.expiry;
      throw new PluginError(given.failure);
    }
    this.#keep(given);
    return given;
  }

  #keep(given: Given): void {
    const isChanged = this.#kept !== undefined && this.#kept.certificate !== given.certificate;
    if (isChanged) {
      this.#connection = undefined;
      this.#isPoolStale = true;
    }
    this.#kept = given;
    this.#expiry = given.expiry;
  }

  #connect(): void {
    if (this.#connection !== undefined) return;
    const { isCertificateAsked } = this.#asked;
    if (isCertificateAsked || !this.#traits.isHandshakeAskingOnDemand) this.#get();
    this.#connection = { certificate: isCertificateAsked ? (this.#kept?.certificate ?? "") : "" };
  }
}

/** Whether the outcome of a case depends on a plugin: nothing else says who is asking. */
export function isDecidedByPlugin({ exec, user }: RequestCase): boolean {
  const isStatic = ["token", "username", "client-certificate"].some((name) => name in user);
  return exec !== undefined && !isStatic && !String(exec["apiVersion"]).endsWith("v1alpha1");
}

/** What a client with these traits makes of a case; `seen` has what became of its steps, for what depends on the moment. */
export function predictOutcome(
  asked: RequestCase,
  certificates: CaseCertificates,
  traits: ClientTraits,
  seen: readonly string[] = [],
): PredictedOutcome {
  const client = new ModelClient(asked, certificates, traits);
  const steps = asked.steps.map((step, index) => client.take(step, seen[index] === broken));
  return { steps, requests: client.requests, runCount: client.runCount };
}
