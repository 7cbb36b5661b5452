import type { IncomingMessage, ServerResponse } from "node:http";
import type { Pair } from "@kubepass/wire/signing";
import type { CertificateAuthority } from "../certificate-authority.ts";
import { type LoopbackServer, readBody, startLoopbackServer } from "../loopback-server.ts";
import { type AwsAccounts, createAwsAccounts } from "./aws-accounts.ts";
import { type AwsAnswer, AwsRefusal, formatAwsJson, formatAwsXml, requestId } from "./aws-answer.ts";
import { type AwsInstances, answerEc2, formatEc2Refusal } from "./ec2-service.ts";
import { createIdentityCenter, type SsoAnswer, type IdentityCenter } from "./identity-center.ts";
import { answerSts, type StsCall } from "./sts-service.ts";

/** What goes wrong with one answer. */
export type AwsFault =
  | "throttle"
  | "unavailable"
  | "internal-error"
  | "redirect"
  /** Nothing comes, until the client has enough. */
  | "stall"
  /** More bytes than any answer has. */
  | "flood"
  | "hang-up"
  | "not-a-document";

/** A service of AWS. */
export type AwsHostName = "sts" | "ec2" | "oidc" | "portal";

/** A request that arrived. */
export interface AwsRecord {
  readonly service: AwsHostName;
  readonly host: string;
  readonly region: string;
  readonly method: string;
  readonly path: string;
  readonly action: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** STS, EC2 and IAM Identity Center of every region behind one port, which checks each signature. */
export interface AwsStandIn {
  readonly accounts: AwsAccounts;
  /** Instances that EC2 knows. */
  readonly instances: AwsInstances;
  readonly sso: IdentityCenter;
  readonly port: number;
  /** Such as `https://127.0.0.1:4711`; requests to it need a `Host` of AWS, or go to STS of `us-east-1`. */
  readonly origin: string;
  readonly requests: readonly AwsRecord[];
  /** The next answers of a service go wrong. */
  fail(service: AwsHostName, fault: AwsFault, times?: number): void;
  /** Whatever was still to go wrong goes right. */
  clearFaults(): void;
  /** What the services take for now. */
  clock: () => Date;
  close(): Promise<void>;
}

/** How to start. */
export interface AwsStandInOptions {
  /** With an authority the stand-in speaks TLS under the hosts below. */
  readonly authority?: CertificateAuthority | undefined;
  /** Hosts in the certificate beside the usual ones. */
  readonly hosts?: readonly string[] | undefined;
}

const usualRegions = ["us-east-1", "us-west-2", "eu-central-1", "us-gov-west-1"];
const usualHosts = [
  "127.0.0.1",
  "localhost",
  "sts.amazonaws.com",
  ...usualRegions.flatMap((region) =>
    ["amazonaws.com", "api.aws"].flatMap((suffix) =>
      [`*.${region}`, `portal.sso.${region}`, `portal.sso-fips.${region}`].map((place) => `${place}.${suffix}`),
    ),
  ),
  "*.cn-north-1.amazonaws.com.cn",
];

interface Addressed {
  readonly service: AwsHostName;
  readonly region: string;
}

function findService(host: string): Addressed {
  const portal = /^portal\.sso(?:-fips)?\.([a-z0-9-]+)\./.exec(host);
  if (portal !== null) return { service: "portal", region: portal[1] ?? "" };
  const [, name, region] = /^(sts|ec2|oidc)(?:-fips)?\.([a-z0-9-]+)\./.exec(host) ?? [];
  if (name === undefined || region === undefined || host === "sts.amazonaws.com") return { service: "sts", region: "us-east-1" };
  return { service: name === "ec2" || name === "oidc" ? name : "sts", region };
}

function send(response: ServerResponse, status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": type, "x-amzn-requestid": requestId, ...headers });
  response.end(body);
}

function flood(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/xml" });
  const chunk = "<x>".repeat(16_384);
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", pour);
  };
  pour();
}

function misbehave(fault: AwsFault, addressed: Addressed, response: ServerResponse): void {
  switch (fault) {
    case "throttle":
      return sendRefusal(response, new AwsRefusal("Throttling", "Rate exceeded", 400), addressed, false);
    case "unavailable":
      return sendRefusal(
        response,
        new AwsRefusal("ServiceUnavailable", "The service is unavailable. Please try again shortly.", 503),
        addressed,
        false,
      );
    case "internal-error":
      return sendRefusal(response, new AwsRefusal("InternalFailure", "The request processing has failed", 500), addressed, false);
    case "redirect":
      return send(response, 302, "text/html", "", { location: "https://attacker.example/" });
    case "stall":
      return;
    case "flood":
      return flood(response);
    case "hang-up":
      // Bun's server ends an answer that is destroyed as if it were whole.
      return void (response.socket ?? response).destroy();
    case "not-a-document":
      return send(response, 200, "text/html", "<!doctype html><title>Welcome to the hotel</title>");
  }
}

function sendAws(response: ServerResponse, answer: AwsAnswer, isJson: boolean, date: Date): void {
  const headers = { date: date.toUTCString() };
  if (isJson) send(response, answer.status, "application/json", formatAwsJson(answer), headers);
  else send(response, answer.status, "text/xml", formatAwsXml(answer), headers);
}

function sendRefusal(response: ServerResponse, refusal: AwsRefusal, { service }: Addressed, isJson: boolean, date = new Date()): void {
  const { code, message, status } = refusal;
  const error = { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message };
  const answer = {
    status,
    root: "ErrorResponse",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    tree: { Error: error, RequestId: requestId },
  };
  sendAws(response, service === "ec2" ? formatEc2Refusal(refusal) : answer, isJson, date);
}

function sendSso(response: ServerResponse, answer: SsoAnswer): void {
  const type = answer.body["__type"];
  const headers: Record<string, string> = answer.location === undefined ? {} : { location: answer.location };
  if (typeof type === "string") headers["x-amzn-errortype"] = type;
  send(response, answer.status, "application/json", JSON.stringify(answer.body), headers);
}

function readHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

class StandIn {
  readonly accounts = createAwsAccounts();
  readonly instances: AwsInstances = new Map();
  readonly sso = createIdentityCenter(this.accounts);
  readonly requests: AwsRecord[] = [];
  readonly faults = new Map<AwsHostName, AwsFault[]>();
  clock = (): Date => new Date();

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const headers = readHeaders(request);
    const host = (headers["host"] ?? "").replace(/:\d+$/, "");
    const addressed = findService(host);
    const url = new URL(`https://${host}${request.url ?? "/"}`);
    const query = [...url.searchParams].map(([name, value]): Pair => [name, value]);
    const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
    const parameters = Object.fromEntries([...query, ...(isForm ? new URLSearchParams(body) : [])]);
    const method = request.method ?? "";
    const record = { ...addressed, host, method, path: url.pathname, action: parameters["Action"], parameters, headers };
    this.requests.push(record);
    const fault = this.faults.get(addressed.service)?.shift();
    if (fault !== undefined) return misbehave(fault, addressed, response);
    if (addressed.service === "oidc") return sendSso(response, this.sso.answerOidc(method, url, body));
    if (addressed.service === "portal")
      return sendSso(response, this.sso.answerPortal(url, headers["x-amz-sso_bearer_token"], this.clock()));
    const call = { request: { method, path: url.pathname, query, headers, body }, parameters, region: addressed.region, now: this.clock() };
    this.answerSigned(call, addressed, response);
  }

  answerSigned(call: StsCall, addressed: Addressed, response: ServerResponse): void {
    const isJson = addressed.service === "sts" && call.request.headers["accept"]?.startsWith("application/json") === true;
    try {
      const answer = addressed.service === "ec2" ? answerEc2(call, this.accounts, this.instances) : answerSts(call, this.accounts);
      sendAws(response, answer, isJson, call.now);
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      sendRefusal(response, error, addressed, isJson, call.now);
    }
  }
}

/** Starts a stand-in. Programs that insist on AWS's own hosts reach it through `startConnectProxy`. */
export async function startAwsStandIn(options: AwsStandInOptions = {}): Promise<AwsStandIn> {
  const certificate = await options.authority?.issueServer({ hosts: [...usualHosts, ...(options.hosts ?? [])] });
  const standIn = new StandIn();
  const server: LoopbackServer = await startLoopbackServer({ certificate }, (request, response) => standIn.respond(request, response));
  return Object.assign(standIn, {
    port: server.port,
    origin: server.origin,
    fail(service: AwsHostName, fault: AwsFault, times = 1) {
      standIn.faults.set(service, [...(standIn.faults.get(service) ?? []), ...Array.from({ length: times }, () => fault)]);
    },
    clearFaults: () => standIn.faults.clear(),
    close: async () => await server.close(),
  });
}
