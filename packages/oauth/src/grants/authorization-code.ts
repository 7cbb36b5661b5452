import type { Person, SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError, type Secret, toCredentialError } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import type { IssuerConnection, TokenSet } from "../connection.ts";
import { type ExpectedCallback, takeCode } from "../loopback/callback.ts";
import { type LoopbackListener, openLoopbackListener, type SignInEnding } from "../loopback/listener.ts";
import { receiveTokens } from "../receive-tokens.ts";
import { type AuthorizationCodeOptions, checkAuthorizationCodeOptions } from "./authorization-code-options.ts";
import { askForCode } from "./authorization-code-paste.ts";
import {
  createAuthorizationUrl,
  createSignInAttempt,
  formatAuthorizationParameters,
  formatTargetParameters,
  type SignInAttempt,
} from "./authorization-code-request.ts";
import {
  browserMissingText,
  describeAccount,
  describeCluster,
  formatInvitation,
  formatSignedIn,
  pasteQuestion,
} from "./authorization-code-text.ts";
import { resolveRedirectPlace } from "./redirect-place.ts";
import { sendTokenRequest } from "./token-request.ts";

const defaultTimeoutMs = 180_000;

/** What one sign-in works with. */
interface SignIn {
  readonly connection: IssuerConnection;
  readonly options: AuthorizationCodeOptions;
  readonly context: SignInContext;
  readonly attempt: SignInAttempt;
  readonly expected: ExpectedCallback;
  readonly cluster: string | undefined;
  readonly timeoutMs: number;
}

function startSignIn(connection: IssuerConnection, options: AuthorizationCodeOptions, context: SignInContext): SignIn {
  const attempt = createSignInAttempt();
  const { issuer, authorization_response_iss_parameter_supported: isIssuerRequired = false } = connection.server;
  return {
    connection,
    options,
    context,
    attempt,
    expected: { state: attempt.state, issuer, isIssuerRequired },
    cluster: describeCluster(options.pageContext?.cluster, context.cluster),
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
  };
}

async function openListener({ connection, options, expected }: SignIn): Promise<LoopbackListener> {
  const pages = [connection.issuer, connection.server.authorization_endpoint ?? connection.issuer];
  return await openLoopbackListener({
    ...resolveRedirectPlace(options.redirect ?? {}),
    issuerOrigins: [...new Set(pages.map((page) => new URL(page).origin))],
    isFormExpected: options.responseMode === "form_post",
    tls: options.redirect?.tls,
    expected,
    clock: connection.clock,
    log: connection.log,
  });
}

async function failAfter({ context, timeoutMs }: SignIn, signal: AbortSignal): Promise<never> {
  await context.host.clock.sleep(timeoutMs, signal);
  throw new CredentialError("SIGN_IN_TIMEOUT", "nobody completed the sign-in in time", {
    hint: "run the command again; a longer time can be set",
  });
}

async function invite({ expected }: SignIn, person: Person, url: string, signal: AbortSignal): Promise<Secret> {
  if (person.canOpenBrowser && !(await person.open(url))) person.show(browserMissingText);
  signal.throwIfAborted();
  if (!person.canAnswer) return await new Promise<never>(() => undefined);
  return await askForCode(person, pasteQuestion, expected, signal);
}

/** Whichever brings the code first: the browser or the terminal. The other one is called off. */
async function awaitCode(signIn: SignIn, person: Person, url: string, listener: LoopbackListener): Promise<Secret> {
  const decided = new AbortController();
  const signal = AbortSignal.any([signIn.context.signal, decided.signal]);
  const { connection, context, cluster, timeoutMs } = signIn;
  context.announceEnd(new Date(context.host.clock.now().getTime() + timeoutMs));
  person.show(formatInvitation({ issuer: connection.issuer, cluster, url, timeoutMs, isBrowserOpened: person.canOpenBrowser }));
  const browser = listener.answer.then((answer) => takeCode(answer));
  let isQuestionOpen = person.canAnswer;
  const terminal = invite(signIn, person, url, signal).finally(() => {
    isQuestionOpen = false;
  });
  try {
    return await Promise.race([browser, terminal, failAfter(signIn, signal)]);
  } finally {
    // Else what comes next would stand behind the question, on its line.
    if (isQuestionOpen) person.show("\n");
    decided.abort();
  }
}

async function exchangeCode({ connection, options, context, attempt }: SignIn, code: Secret, redirectUri: string): Promise<TokenSet> {
  const { server, client, clientAuthentication } = connection;
  // State and issuer were judged when the answer came; oauth4webapi wants to have seen the parameters as well.
  const answer = new URLSearchParams({ code: code.reveal(), iss: server.issuer });
  const parameters = oauth.validateAuthResponse(server, client, answer, oauth.skipStateCheck);
  const response = await sendTokenRequest(connection, context.signal, (common) => {
    const request = { ...common, additionalParameters: formatTargetParameters(options) };
    return oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuthentication,
      parameters,
      redirectUri,
      attempt.codeVerifier.reveal(),
      request,
    );
  });
  const { idToken, maxAgeSeconds } = options;
  const expected = { nonce: attempt.nonce, subject: context.expectedSubject, idToken, maxAgeSeconds };
  return await receiveTokens(connection, response, expected, context.signal);
}

function describeSuccess({ options, cluster }: SignIn, account: string | undefined): SignInEnding {
  if (options.openUrlAfterSignIn !== undefined) return { kind: "redirect", url: new URL(options.openUrlAfterSignIn).href };
  return { kind: "page", page: { kind: "signed-in", account, cluster } };
}

async function runSignIn(signIn: SignIn, listener: LoopbackListener): Promise<TokenSet> {
  const { connection, options, context, attempt } = signIn;
  const parameters = await formatAuthorizationParameters(connection.client.client_id, options, attempt, listener.redirectUri);
  const url = await createAuthorizationUrl(connection, options, parameters, context.signal);
  const person = await context.requestPerson();
  const code = await awaitCode(signIn, person, url.href, listener);
  const tokens = await exchangeCode(signIn, code, listener.redirectUri);
  const account = describeAccount(tokens.idToken?.claims) ?? options.pageContext?.account;
  person.show(formatSignedIn(account));
  await listener.finish(describeSuccess(signIn, account), context.signal);
  return tokens;
}

/**
 * Signs a person in with an authorization code and PKCE (RFC 6749 §4.1, RFC 7636, RFC 8252): opens the browser, and
 * at the same moment shows the address on the terminal and takes what is pasted there. The browser learns the outcome
 * only after the code was exchanged.
 * Throws `CONFIG_INVALID`, `GRANT_UNSUPPORTED`, `PORT_UNAVAILABLE`, `LOGIN_REQUIRED`, `SIGN_IN_DENIED`,
 * `SIGN_IN_TIMEOUT`, `REDIRECT_INVALID`, `ISSUER_REFUSED`, `RESPONSE_INVALID`, what {@link receiveTokens} throws (`IDENTITY_CHANGED`
 * for another subject than the context expects), and the reason of the signal when that is aborted; nothing stays open in any case.
 */
export async function signInWithAuthorizationCode(
  connection: IssuerConnection,
  options: AuthorizationCodeOptions,
  context: SignInContext,
): Promise<TokenSet> {
  checkAuthorizationCodeOptions(options);
  context.signal.throwIfAborted();
  const signIn = startSignIn(connection, options, context);
  const listener = await openListener(signIn);
  try {
    return await runSignIn(signIn, listener);
  } catch (error) {
    const reason: unknown = context.signal.aborted ? context.signal.reason : error;
    const failure = toCredentialError(reason);
    const ending: SignInEnding = { kind: "page", page: { kind: "failed", error: failure, cluster: signIn.cluster } };
    if (context.signal.aborted) listener.close(ending);
    else await listener.finish(ending, context.signal);
    throw reason;
  }
}
