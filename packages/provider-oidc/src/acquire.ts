import {
  exchangeToken,
  requestClientCredentials,
  requestTokensWithAssertion,
  requestTokensWithPassword,
  type TokenSet,
} from "@kubepass/oauth";
import type { Issued, SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError, Secret } from "@kubepass/wire";
import { formatExchanged, issue, type Issuing } from "./issue.ts";
import type { ExchangeGrant, Grant, OidcOptions, PasswordGrant } from "./oidc-options.ts";
import { readOptionFile, readSecret } from "./read-secret.ts";
import { formatTarget, requestOffline } from "./requested-scopes.ts";
import type { SecretSource } from "./secret-source.ts";
import { signInWithPerson } from "./sign-in-with-person.ts";
import { tokenTypes } from "./token-types.ts";

/** What a grant works with. */
export interface Acquisition extends Issuing {
  readonly context: SignInContext;
}

function expectIdToken(options: OidcOptions): { readonly idToken: "required" | "optional" } {
  const isWanted = options.exchangeAfterSignIn === undefined ? options.tokenKind === "id" : options.exchangeAfterSignIn.subject === "id";
  return { idToken: isWanted ? "required" : "optional" };
}

// An ID token is had by the scope openid; asking for it without need makes some issuers refuse a client of no person.
function scopesFor(options: OidcOptions): readonly string[] {
  return expectIdToken(options).idToken === "required" ? ["openid"] : [];
}

async function askPassword(username: string, context: SignInContext): Promise<Secret> {
  const person = await context.requestPerson();
  const answer = await person.ask(`Password of ${username}: `, { hidden: true, signal: context.signal });
  if (answer === undefined || answer === "") throw new CredentialError("CANCELLED", "no password was given");
  return new Secret(answer);
}

async function acquireWithPassword({ options, connection, context }: Acquisition, given: PasswordGrant): Promise<TokenSet> {
  const { host, signal } = context;
  host.log.warn(
    "the password grant is in use: it shows the password to this program, knows no second factor, and is forbidden by RFC 9700; prefer grant-type=client-credentials for machines",
  );
  const password =
    given.password === undefined ? await askPassword(given.username, context) : await readSecret("password", given.password, host, signal);
  const offline = requestOffline(options, connection.server.scopes_supported);
  const extras = formatTarget(options, ["openid", ...offline.scopes]);
  return await requestTokensWithPassword(connection, { username: given.username, password }, extras, expectIdToken(options), signal);
}

async function acquireWithAssertion({ options, connection, context }: Acquisition, source: SecretSource): Promise<TokenSet> {
  const assertion = await readToken("assertion", source, context);
  return await requestTokensWithAssertion(
    connection,
    assertion,
    formatTarget(options, scopesFor(options)),
    expectIdToken(options),
    context.signal,
  );
}

async function readToken(what: string, source: SecretSource, context: SignInContext): Promise<Secret> {
  // Platforms that write tokens into files choose the mode of the file themselves, so nobody is warned of it.
  if (source.kind === "file") return new Secret(readOptionFile(what, source.path, context.host).trim());
  return await readSecret(what, source, context.host, context.signal);
}

// A token that somebody else gave: no session comes of it, since it can be read and exchanged again.
async function acquireByExchange({ options, connection, context }: Acquisition, exchange: ExchangeGrant): Promise<Issued> {
  const subject = { token: await readToken("subject token", exchange.subject, context), type: exchange.subjectType };
  const actorToken = exchange.actor === undefined ? undefined : await readToken("actor token", exchange.actor, context);
  const actor = actorToken === undefined ? undefined : { token: actorToken, type: exchange.actorType };
  const target = formatTarget(options, options.requestedTokenType === tokenTypes.id ? ["openid"] : []);
  const exchanged = await exchangeToken(
    connection,
    { ...target, subject, actor, requestedType: options.requestedTokenType },
    context.signal,
  );
  return { credential: formatExchanged(exchanged), issuer: connection.issuer };
}

async function acquireTokens(acquisition: Acquisition, grant: Exclude<Grant, ExchangeGrant>): Promise<TokenSet> {
  const { options, connection, context } = acquisition;
  switch (grant.type) {
    case "auto":
    case "authorization-code":
    case "device-code":
      return await signInWithPerson(connection, options, grant.type, expectIdToken(options).idToken, context);
    case "client-credentials":
      return await requestClientCredentials(connection, formatTarget(options, scopesFor(options)), expectIdToken(options), context.signal);
    case "password":
      return await acquireWithPassword(acquisition, grant);
    case "jwt-bearer":
      return await acquireWithAssertion(acquisition, grant.assertion);
  }
}

/** A credential by the grant of the options, with the session when one came of it. Throws what the grant throws. */
export async function acquire(acquisition: Acquisition): Promise<Issued> {
  const { grant } = acquisition.options;
  if (grant.type === "token-exchange") return await acquireByExchange(acquisition, grant);
  return await issue(acquisition, await acquireTokens(acquisition, grant));
}
