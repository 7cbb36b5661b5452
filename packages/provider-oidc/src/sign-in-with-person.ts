import {
  type AuthorizationCodeOptions,
  type IssuerConnection,
  signInWithAuthorizationCode,
  signInWithDeviceCode,
  type TokenSet,
} from "@kubepass/oauth";
import type { Person, SignInContext } from "@kubepass/plugin-sdk";
import { findOtherAccount } from "./find-other-account.ts";
import { type ChosenGrant, chooseGrant, type GrantSituation } from "./choose-grant.ts";
import type { OidcOptions, PersonOptions } from "./oidc-options.ts";
import { readOptionFile, readSecretFile } from "./read-secret.ts";
import { formatTarget, requestOffline } from "./requested-scopes.ts";

/** The same context, in which the person is asked for once, however often the person is needed. */
function rememberPerson(context: SignInContext): SignInContext {
  let person: Promise<Person> | undefined;
  return {
    ...context,
    requestPerson() {
      person ??= context.requestPerson();
      return person;
    },
  };
}

async function choose(connection: IssuerConnection, wanted: GrantSituation["wanted"], context: SignInContext): Promise<ChosenGrant> {
  const { server } = connection;
  const hasDeviceEndpoint = server.device_authorization_endpoint !== undefined;
  const hasAuthorizationEndpoint = server.authorization_endpoint !== undefined;
  // Asking for the person counts as a prompt, so it waits until everything that can fail without one has not failed.
  const isPersonDecisive = wanted === "auto" && hasDeviceEndpoint && hasAuthorizationEndpoint;
  const { canOpenBrowser, canAnswer } = isPersonDecisive ? await context.requestPerson() : { canOpenBrowser: true, canAnswer: true };
  const chosen = chooseGrant({ wanted, canOpenBrowser, canAnswer, hasAuthorizationEndpoint, hasDeviceEndpoint });
  context.host.log.info("chose how to sign in", { ...chosen });
  if (wanted === "auto" && chosen.grant === "device-code")
    (await context.requestPerson()).show(`Signing in with a device code: ${chosen.reason}.\n`);
  return chosen;
}

function readRedirect(person: PersonOptions, context: SignInContext): NonNullable<AuthorizationCodeOptions["redirect"]> {
  const { ports, redirectHost, redirectUrl, callbackPath, certificateFile, certificateKeyFile } = person;
  const place = { ports, redirectHost, redirectUrl, callbackPath };
  if (certificateFile === undefined || certificateKeyFile === undefined) return place;
  return {
    ...place,
    tls: {
      certificatePem: readOptionFile("local server certificate", certificateFile, context.host),
      privateKeyPem: readSecretFile("local server key", certificateKeyFile, context.host),
    },
  };
}

function warnOfOtherAccount({ account, loginHint }: OidcOptions, tokens: TokenSet, context: SignInContext): TokenSet {
  const wanted = account ?? loginHint;
  const signedInAs = findOtherAccount(wanted, tokens.idToken?.claims);
  if (signedInAs !== undefined) {
    context.host.log.warn("another account signed in than the one that was asked for", {
      account: wanted,
      signedInAs,
      hint: "to choose again, run the login command with --force --prompt=select_account",
    });
  }
  return tokens;
}

/** Tokens by whichever of the two ways fits the person, the machine and the issuer. Throws what the chosen grant throws, and `GRANT_UNSUPPORTED`. */
export async function signInWithPerson(
  connection: IssuerConnection,
  options: OidcOptions,
  wanted: GrantSituation["wanted"],
  idToken: "required" | "optional",
  context: SignInContext,
): Promise<TokenSet> {
  return warnOfOtherAccount(options, await signIn(connection, options, wanted, idToken, context), context);
}

async function signIn(
  connection: IssuerConnection,
  options: OidcOptions,
  wanted: GrantSituation["wanted"],
  idToken: "required" | "optional",
  context: SignInContext,
): Promise<TokenSet> {
  const { person } = options;
  const once = rememberPerson(context);
  const { grant } = await choose(connection, wanted, once);
  const offline = requestOffline(options, connection.server.scopes_supported);
  const { scopes = [], ...target } = formatTarget(options, ["openid", ...offline.scopes]);
  const pageContext = { account: options.account };
  if (grant === "device-code") return await signInWithDeviceCode(connection, { ...target, scopes, idToken, pageContext }, once);
  return await signInWithAuthorizationCode(
    connection,
    {
      ...target,
      scopes,
      idToken,
      timeoutMs: person.timeoutSeconds * 1000,
      // What a person configured wins over what is asked for by default.
      extraParameters: { ...offline.parameters, ...options.extraParameters },
      loginHint: options.loginHint ?? options.account,
      prompt: person.prompt,
      maxAgeSeconds: person.maxAgeSeconds,
      responseMode: person.responseMode === "form-post" ? "form_post" : person.responseMode,
      pushedAuthorization: person.pushedAuthorization,
      redirect: readRedirect(person, context),
      openUrlAfterSignIn: person.openUrlAfterSignIn,
      pageContext,
    },
    once,
  );
}
