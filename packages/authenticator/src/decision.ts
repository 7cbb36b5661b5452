import type { UserInfo } from "./verifier.ts";

/** What became of a review. The names of verifiers and the codes are stable; messages hold neither token nor claim values. */
export type Decision =
  | {
      readonly outcome: "verified";
      readonly verifier: string;
      readonly code: "VERIFIED";
      readonly user: UserInfo;
      /** What the answer says of audiences; empty when it says nothing. */
      readonly audiences: readonly string[];
      readonly expiresAt?: Date | undefined;
    }
  | {
      readonly outcome: "refused";
      /** `none` when no verifier was asked. */
      readonly verifier: string;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly outcome: "uncertain";
      readonly verifier: string;
      readonly code: string;
      readonly message: string;
      readonly retryAfterMs?: number | undefined;
    };
