import { generateDpopKey, type IssuerConnection, refreshTokens, type TokenSet } from "@kubepass/oauth";
import type { Issued, Provider, RefreshOutcome, Session, SignInContext } from "@kubepass/plugin-sdk";
import type { JsonObject } from "@kubepass/wire";
import { acquire } from "./acquire.ts";
import { connect, createClientSecretReader } from "./connect.ts";
import { issueRefreshed, replaceRefreshToken } from "./issue.ts";
import type { OidcOptions } from "./oidc-options.ts";
import { parseOidcSession } from "./session-secret.ts";
import { signOut } from "./sign-out.ts";

/** What a provider does when there is no fresh credential; loaded only then. */
export type OidcSource = Required<Pick<Provider, "signIn" | "refresh" | "signOut">>;

type Connect = (dpopKey: JsonObject | undefined, context: SignInContext) => Promise<IssuerConnection>;

/**
 * Whether the refresh token shall be bound to a key (RFC 9449). Only for ID tokens: an access token would be bound as
 * well, and an API server takes none that is.
 */
function isDpopUseful(options: OidcOptions): boolean {
  return options.isDpopAllowed && options.tokenKind === "id" && options.exchangeAfterSignIn === undefined;
}

async function signIn(options: OidcOptions, connectWith: Connect, context: SignInContext): Promise<Issued> {
  const dpopKey = isDpopUseful(options) ? await generateDpopKey() : undefined;
  const connection = await connectWith(dpopKey, context);
  const keptDpopKey = connection.dpop === undefined ? undefined : dpopKey;
  return await acquire({ options, connection, dpopKey: keptDpopKey, signal: context.signal, context });
}

async function refresh(options: OidcOptions, connectWith: Connect, session: Session, context: SignInContext): Promise<RefreshOutcome> {
  const content = parseOidcSession(session.secret, options.issuer);
  const connection = await connectWith(content.dpopKey, context);
  const issuing = { options, connection, dpopKey: content.dpopKey, signal: context.signal };
  const keepRefreshToken = async (refreshToken: TokenSet["refreshToken"]): Promise<void> => {
    const replaced = replaceRefreshToken(issuing, refreshToken, { session, content });
    if (replaced !== undefined) await context.keepSession(replaced);
  };
  const expected = { idToken: "optional", subject: content.subject, keepRefreshToken } as const;
  const answer = await refreshTokens(
    connection,
    { refreshToken: content.refreshToken, resources: options.resources, expected },
    context.signal,
  );
  if (answer.kind === "refused") return answer;
  return await issueRefreshed(issuing, answer.tokens, { session, content });
}

/** The network half of the provider. */
export function createOidcSource(options: OidcOptions): OidcSource {
  const readClientSecret = createClientSecretReader(options.client);
  const connectWith: Connect = (dpopKey, context) => connect(options, readClientSecret, dpopKey, context.host, context.signal);
  return {
    signIn: (context) => signIn(options, connectWith, context),
    refresh: (session, context) => refresh(options, connectWith, session, context),
    signOut: (stored, context) => signOut(options, () => connectWith(undefined, context), stored, context),
  };
}
