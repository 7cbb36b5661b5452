import { CredentialError, Secret } from "@kubepass/wire";
import type { Issued, Provider, RefreshOutcome, Session, SignInContext } from "../provider.ts";

/** A provider that counts what is asked of it, for tests of the pipeline. */
export interface ScriptedProvider extends Provider {
  readonly calls: { signIn: number; refresh: number; prompts: number };
  /** Replaces the next sign-ins; the default signs in `anna` for an hour after asking a person. */
  signInWith: (context: SignInContext) => Promise<Issued>;
  /** Replaces the next refreshes; the default rotates the session. */
  refreshWith: (session: Session, context: SignInContext) => Promise<RefreshOutcome>;
}

/** What a scripted provider is made from. */
export interface ScriptedOptions {
  readonly account?: string;
  readonly subject?: string;
  readonly lifeSeconds?: number;
  readonly needsPerson?: boolean;
}

const hourSeconds = 3600;

function issue(options: ScriptedOptions, context: SignInContext, serial: string): Issued {
  const expiresAt = new Date(context.host.clock.now().getTime() + (options.lifeSeconds ?? hourSeconds) * 1000);
  return {
    credential: { token: new Secret(`token-${serial}`), expiresAt },
    session: { secret: new Secret(`session-${serial}`) },
    issuer: "https://issuer.example",
    subject: options.subject ?? options.account ?? "anna",
  };
}

/** Makes a {@link ScriptedProvider}. */
export function createScriptedProvider(options: ScriptedOptions = {}): ScriptedProvider {
  const calls = { signIn: 0, refresh: 0, prompts: 0 };
  const account = options.account ?? "anna";
  // A token must fit into an HTTP header, an account may be any text.
  const name = encodeURIComponent(account);
  const provider: ScriptedProvider = {
    name: "scripted",
    identity: { account },
    label: account,
    needsPerson: options.needsPerson ?? true,
    calls,
    async signInWith(context) {
      const person = await context.requestPerson();
      calls.prompts += 1;
      await person.open("https://issuer.example/authorize");
      return issue(options, context, `${name}-signed-${calls.signIn}`);
    },
    async refreshWith(_session, context) {
      return { kind: "issued", issued: issue(options, context, `${name}-refreshed-${calls.refresh}`) };
    },
    async signIn(context) {
      calls.signIn += 1;
      return await provider.signInWith(context);
    },
    async refresh(session, context) {
      calls.refresh += 1;
      return await provider.refreshWith(session, context);
    },
    async signOut() {
      return [{ what: "refresh token", outcome: "revoked" }];
    },
  };
  return provider;
}

/** The failure of an issuer that is out of reach. */
export function unreachable(): CredentialError {
  return new CredentialError("ISSUER_UNREACHABLE", "issuer.example did not answer", { retryable: true });
}
