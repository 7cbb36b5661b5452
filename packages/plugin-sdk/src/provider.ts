import type { ClusterInfo, Credential, JsonObject, Secret } from "@kubepass/wire";
import type { Host } from "./host.ts";

/**
 * A source of credentials: all that an author supplies. The pipeline (`getCredential`) does the rest, in order:
 * cache, lock, refresh, permission to ask a person, checks, storing, printing.
 */
export interface Provider {
  /** Short and stable: it is part of the cache key. */
  readonly name: string;
  /**
   * Every option that changes who the credential is for or what it may do, the account included.
   * Same identity, same cache entry; the order of members is of no matter, the order in lists is.
   */
  readonly identity: JsonObject;
  /**
   * A hash of what the credential is made from, as far as that can be seen without asking anybody: keys in variables, the
   * text of a profile. A stored credential that was made from something else is not served. The pipeline does not look
   * into sessions: a provider that keeps one compares it there.
   */
  readonly sourceFingerprint?: string | undefined;
  /**
   * Whether `signIn` works the credential out here and at once, from what is at hand: no network, nobody to ask, no session. Two
   * processes may then each make one, so that none waits for a lock, and a failure is not remembered: trying again costs nothing.
   */
  readonly isComputed?: boolean;
  /** What people call this identity in prompts and in `status`, such as `anna at https://issuer.example`. */
  readonly label?: string;
  /** Signing in always needs a person, so that it can be refused early where nobody is there. */
  readonly needsPerson?: boolean;
  /** How long before its end a credential is renewed; default 60 s, and never more than a tenth of its life. */
  readonly renewalMarginSeconds?: number;
  /** A new credential from nothing. Called with the identity's lock held: once over all processes of the user. */
  signIn(context: SignInContext): Promise<Issued>;
  /**
   * A new credential from a stored session. A refusal by the issuer is a value; a network failure throws
   * `ISSUER_UNREACHABLE`, which keeps the session and never starts a sign-in.
   */
  refresh?(session: Session, context: SignInContext): Promise<RefreshOutcome>;
  /** Ends at the issuer what can be ended; one line for each thing. Never throws for a refusal. */
  signOut?(stored: StoredSignIn, context: SignInContext): Promise<readonly SignOutItem[]>;
}

/** What the pipeline hands to a provider. */
export interface SignInContext {
  readonly host: Host;
  /** The cluster the credential is for, from the kubeconfig: untrusted. */
  readonly cluster: ClusterInfo | undefined;
  /** Ends with the process or when the time for signing in is over. */
  readonly signal: AbortSignal;
  /** Whether {@link requestPerson} would succeed, so that a provider can choose a way that needs nobody. */
  readonly canAskPerson: boolean;
  /**
   * Whom this identity is bound to since its first sign-in; absent before that, and where a person may change it. The pipeline refuses
   * anybody else in the end: a provider that learns the subject while a person still looks at a page can say so there.
   */
  readonly expectedSubject?: string | undefined;
  /**
   * Says until when this sign-in may take, at most a day, so that the processes that wait for it do not give up before. Needed where
   * that may be more than three minutes.
   */
  announceEnd(latest: Date): void;
  /**
   * Keeps a replaced session at once and durably, before the rest of a refresh may fail: an issuer that rotates refresh tokens
   * has already ended the old one. Does nothing where there was no session; what `refresh` returns replaces it again.
   */
  keepSession(session: Session): Promise<void>;
  /**
   * The only way to a person. Throws `LOGIN_REQUIRED` where asking is not allowed, nobody is there, or too many
   * prompts led to nothing; counts as a prompt otherwise.
   */
  requestPerson(): Promise<Person>;
}

/** A person who may be asked. */
export interface Person {
  /** Whether a browser may be opened; else the URL is only shown. */
  readonly canOpenBrowser: boolean;
  /** Whether a line may be read from the terminal. */
  readonly canAnswer: boolean;
  /** Shows lines on the terminal (standard error). */
  show(text: string): void;
  /** Opens a URL where that is allowed; `false` when it was not opened. */
  open(url: string): Promise<boolean>;
  /** Asks for a line; `undefined` when nothing can be read. */
  ask(question: string, options?: { readonly hidden?: boolean; readonly signal?: AbortSignal }): Promise<string | undefined>;
}

/** What a sign-in or a refresh brought. */
export interface Issued {
  readonly credential: Credential;
  /** What is needed to refresh. After a refresh, `undefined` means that the old session goes on. */
  readonly session?: Session | undefined;
  /** Who issued the credential, and for whom: an entry of another identity is never served. */
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  /**
   * What the credential was really made from, where a provider found out after the fact that it differs from
   * `Provider.sourceFingerprint`.
   */
  readonly sourceFingerprint?: string | undefined;
}

/** Longer-lived proof from which credentials are refreshed; its form is the provider's own. */
export interface Session {
  readonly secret: Secret;
  readonly expiresAt?: Date | undefined;
}

/** A refusal (the session is dead) is a value; surprise throws. */
export type RefreshOutcome = { readonly kind: "issued"; readonly issued: Issued } | { readonly kind: "refused"; readonly reason: string };

/** What is known of a sign-in when it is to be ended. */
export interface StoredSignIn {
  readonly session: Session | undefined;
  readonly credential: Credential | undefined;
  /** The session was replaced by a newer one, which is ended apart: what belongs to the person and not to it is left alone. */
  readonly isOlder?: boolean | undefined;
}

/** One thing that was ended, or was not. */
export interface SignOutItem {
  /** Such as `refresh token`. */
  readonly what: string;
  readonly outcome: "revoked" | "already-ended" | "still-valid" | "page-opened";
  /** Until when it stays valid, when it does and the end is known. */
  readonly validUntil?: Date | undefined;
  /** Why it stays valid. */
  readonly reason?: string | undefined;
}
