import type { Secret, UserInfo } from "@kubepass/wire";

export type { UserInfo } from "@kubepass/wire";

/** What a verifier is told beside the token. */
export interface VerifyContext {
  /** The audiences that the API server asks for; empty when it asks for none. */
  readonly audiences: readonly string[];
  readonly now: Date;
  /** Aborted when the caller has gone or the review's time is over. Made when it is first asked for. */
  readonly signal: AbortSignal;
}

/** What a verifier found. Refusal and doubt are values; only a defect throws. */
export type Verdict =
  | {
      readonly kind: "verified";
      readonly user: UserInfo;
      /** Those of the asked audiences that the token is for; `undefined` when the verifier knows no audiences. */
      readonly audiences?: readonly string[] | undefined;
      /** No cache may keep the verdict longer. */
      readonly expiresAt?: Date | undefined;
    }
  | {
      readonly kind: "refused";
      /** Stable, such as `TOKEN_EXPIRED`. */
      readonly code: string;
      /** One line for the log and for `explain`; no token, no claim values. */
      readonly message: string;
    }
  | {
      /** Nobody can tell now (an issuer or STS does not answer): neither yes nor no, never cached. */
      readonly kind: "uncertain";
      readonly code: string;
      readonly message: string;
      readonly retryAfterMs?: number | undefined;
    };

/** One way to check tokens. `reviewToken` asks the first that claims the format; nobody else is asked after it. */
export interface Verifier {
  /** Short and stable, for logs and metrics: `jwt`, `aws-iam`, `token-file`, `webhook`. */
  readonly name: string;
  /** True when it keeps results itself, as long as they hold: nobody else may. */
  readonly keepsResults?: boolean;
  /** True when names come from mappings of the operator with guards of their own, so that `system:` names may be among them. */
  readonly guardsNames?: boolean;
  /** Whether tokens of this form are this verifier's to judge. Cheap and pure: looks, verifies nothing, never throws. */
  claims(token: string): boolean;
  /** Judges a token that it claims: at once when nobody else has to be asked. Never throws for anything that a token or an issuer says. */
  verify(token: Secret, context: VerifyContext): Verdict | Promise<Verdict>;
  /** Releases timers, watches and connections. */
  close?(): Promise<void>;
}
