import type { Person, SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError, isCredentialError, Secret } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import { requestOptions } from "../connect-issuer.ts";
import type { IssuerConnection, TokenSet } from "../connection.ts";
import { judgeOAuthError } from "../judge-oauth-error.ts";
import { receiveTokens } from "../receive-tokens.ts";
import { isProtectedParameter } from "./authorization-code-options.ts";
import { formatTargetParameters } from "./authorization-code-request.ts";
import { browserMissingText, describeAccount, describeCluster, formatDuration, formatSignedIn } from "./authorization-code-text.ts";
import { type DeviceAnswer, type DeviceAuthorization, judgeDeviceAnswer, parseDeviceAuthorization } from "./device-code-answer.ts";
import { drawQrCode, formatDeviceInvitation } from "./device-code-text.ts";
import { sendTokenRequest } from "./token-request.ts";

/** How to sign in with a device code. */
export interface DeviceCodeOptions {
  readonly scopes: readonly string[];
  readonly audience?: string | undefined;
  /** Resource indicators (RFC 8707). */
  readonly resources?: readonly string[] | undefined;
  /** Sent to the device authorization endpoint; may not name what belongs to the protocol. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
  readonly idToken: "required" | "optional";
  /** What people call the account and the cluster. */
  readonly pageContext?: { readonly account?: string | undefined; readonly cluster?: string | undefined } | undefined;
}

interface DeviceSignIn {
  readonly connection: IssuerConnection;
  readonly options: DeviceCodeOptions;
  readonly context: SignInContext;
  readonly codeVerifier: Secret | undefined;
}

function startDeviceSignIn(connection: IssuerConnection, options: DeviceCodeOptions, context: SignInContext): DeviceSignIn {
  const wrong = Object.keys(options.extraParameters ?? {}).filter((name) => isProtectedParameter(name));
  if (wrong.length > 0)
    throw new CredentialError("CONFIG_INVALID", `extra parameters that belong to the protocol cannot be set: ${wrong.join(", ")}`);
  if (connection.server.device_authorization_endpoint === undefined) {
    throw new CredentialError("GRANT_UNSUPPORTED", `the issuer ${connection.issuer} names no device authorization endpoint`, {
      hint: "use another grant, or set the device authorization endpoint by hand",
    });
  }
  // RFC 8628 knows no PKCE: it goes along where the issuer says that it understands it.
  const isPkceOffered = connection.server.code_challenge_methods_supported?.includes("S256") ?? false;
  return { connection, options, context, codeVerifier: isPkceOffered ? new Secret(oauth.generateRandomCodeVerifier()) : undefined };
}

async function requestDeviceAuthorization({ connection, options, context, codeVerifier }: DeviceSignIn): Promise<DeviceAuthorization> {
  const { server, client, clientAuthentication } = connection;
  const parameters = formatTargetParameters(options);
  for (const [name, value] of Object.entries(options.extraParameters ?? {})) parameters.set(name, value);
  parameters.set("scope", options.scopes.join(" "));
  if (codeVerifier !== undefined) {
    parameters.set("code_challenge", await oauth.calculatePKCECodeChallenge(codeVerifier.reveal()));
    parameters.set("code_challenge_method", "S256");
  }
  const response = await oauth.deviceAuthorizationRequest(
    server,
    client,
    clientAuthentication,
    parameters,
    requestOptions(connection, context.signal),
  );
  if (response.status !== 200) throw await judgeOAuthError(response);
  const body: unknown = await response.json().catch(() => undefined);
  return parseDeviceAuthorization(body, connection.isInsecureAllowed);
}

async function invite({ connection, options, context }: DeviceSignIn, person: Person, authorization: DeviceAuthorization): Promise<void> {
  const { isTerminal, isCapable, columns } = context.host.terminal;
  const url = authorization.completeUrl ?? authorization.verificationUrl;
  // Beside an open browser a second way in would only be noise.
  const isDrawn = isTerminal && isCapable && !person.canOpenBrowser;
  person.show(
    formatDeviceInvitation({
      issuer: connection.issuer,
      cluster: describeCluster(options.pageContext?.cluster, context.cluster),
      authorization,
      qrCode: isDrawn ? await drawQrCode(url, columns) : undefined,
      isBrowserOpened: person.canOpenBrowser,
    }),
  );
  if (person.canOpenBrowser && !(await person.open(url))) person.show(browserMissingText);
}

interface PollResult {
  readonly answer: DeviceAnswer;
  readonly response: Response | undefined;
}

async function poll({ connection, options, context, codeVerifier }: DeviceSignIn, deviceCode: Secret): Promise<PollResult> {
  const { server, client, clientAuthentication } = connection;
  const additionalParameters = formatTargetParameters(options);
  if (codeVerifier !== undefined) additionalParameters.set("code_verifier", codeVerifier.reveal());
  try {
    const response = await sendTokenRequest(connection, context.signal, (common) =>
      oauth.deviceCodeGrantRequest(server, client, clientAuthentication, deviceCode.reveal(), { ...common, additionalParameters }),
    );
    if (response.ok) return { answer: judgeDeviceAnswer(response.status, undefined), response };
    const body: unknown = await response.json().catch(() => undefined);
    return { answer: judgeDeviceAnswer(response.status, body), response };
  } catch (error) {
    const isPassing = isCredentialError(error, "ISSUER_UNREACHABLE") || isCredentialError(error, "PROXY_FAILED");
    if (context.signal.aborted || !isPassing) throw error;
    return { answer: { kind: "unusable", issuerError: error.message, isPassing: true }, response: undefined };
  }
}

function refuse(answer: Exclude<DeviceAnswer, { kind: "granted" | "pending" | "slow-down" }>): CredentialError {
  switch (answer.kind) {
    case "denied":
      return new CredentialError(
        "SIGN_IN_DENIED",
        `the sign-in was denied${answer.description === undefined ? "" : `: ${answer.description}`}`,
        {
          issuerError: "access_denied",
          hint: "sign in again, or ask for access to this client",
        },
      );
    case "expired":
      return new CredentialError("SIGN_IN_TIMEOUT", "the device code expired before anybody entered it", {
        hint: "run the command again for a new code",
      });
    case "unusable":
      return new CredentialError("ISSUER_REFUSED", `the issuer refused the device code with ${answer.issuerError}`, {
        issuerError: answer.issuerError,
        hint: "check that the device code grant is allowed for this client",
      });
  }
}

const slowDownMs = 5000;
const longestWaitMs = 60_000;
const progressMs = 120_000;

interface Pace {
  readonly intervalMs: number;
  readonly waitMs: number;
}

/** How to go on after an answer that granted nothing. Throws when nothing can be granted any more. */
function keepPace(answer: DeviceAnswer, { intervalMs, waitMs }: Pace): Pace {
  if (answer.kind === "pending" || answer.kind === "granted") return { intervalMs, waitMs: intervalMs };
  if (answer.kind === "slow-down") return { intervalMs: intervalMs + slowDownMs, waitMs: intervalMs + slowDownMs };
  if (answer.kind !== "unusable" || !answer.isPassing) throw refuse(answer);
  // RFC 8628 §3.5 wants exponential back-off when the issuer cannot be reached.
  return { intervalMs, waitMs: Math.min(waitMs * 2, Math.max(longestWaitMs, intervalMs)) };
}

async function awaitGrant(signIn: DeviceSignIn, person: Person, authorization: DeviceAuthorization, endsAt: Date): Promise<Response> {
  const { clock, terminal } = signIn.context.host;
  const intervalMs = authorization.intervalSeconds * 1000;
  const endsAtMs = endsAt.getTime();
  let pace: Pace = { intervalMs, waitMs: intervalMs };
  let saidAtMs = clock.now().getTime();
  for (;;) {
    const nowMs = clock.now().getTime();
    if (nowMs >= endsAtMs) throw refuse({ kind: "expired" });
    if (terminal.isTerminal && nowMs - saidAtMs >= progressMs) {
      saidAtMs = nowMs;
      person.show(`Still waiting for the sign-in: ${formatDuration(endsAtMs - nowMs)} left.\n`);
    }
    await clock.sleep(Math.min(pace.waitMs, endsAtMs - nowMs), signIn.context.signal);
    const { answer, response } = await poll(signIn, authorization.deviceCode);
    if (answer.kind === "granted" && response !== undefined) return response;
    pace = keepPace(answer, pace);
  }
}

/**
 * Signs a person in with a code entered on any device (RFC 8628), with PKCE where the issuer advertises it.
 * Polls no faster than the issuer wants and stops when its code expires, whatever the issuer answers.
 * Throws `CONFIG_INVALID`, `GRANT_UNSUPPORTED`, `LOGIN_REQUIRED`, `SIGN_IN_DENIED`, `SIGN_IN_TIMEOUT`, `ISSUER_REFUSED`,
 * `RESPONSE_INVALID`, what {@link receiveTokens} throws, and the reason of the signal when that is aborted.
 */
export async function signInWithDeviceCode(
  connection: IssuerConnection,
  options: DeviceCodeOptions,
  context: SignInContext,
): Promise<TokenSet> {
  const signIn = startDeviceSignIn(connection, options, context);
  try {
    const authorization = await requestDeviceAuthorization(signIn);
    const endsAt = new Date(context.host.clock.now().getTime() + authorization.expiresInSeconds * 1000);
    context.announceEnd(endsAt);
    const person = await context.requestPerson();
    await invite(signIn, person, authorization);
    const response = await awaitGrant(signIn, person, authorization, endsAt);
    const tokens = await receiveTokens(
      connection,
      response,
      { idToken: options.idToken, subject: context.expectedSubject },
      context.signal,
    );
    person.show(formatSignedIn(describeAccount(tokens.idToken?.claims) ?? options.pageContext?.account));
    return tokens;
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  }
}
