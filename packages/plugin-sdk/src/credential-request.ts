import type { Credential, ExecInfo, JsonObject } from "@kubepass/wire";
import type { InteractionSetting } from "./interaction.ts";
import type { Provider } from "./provider.ts";
import type { SessionStoreName } from "./sessions/session-store.ts";

/** How the pipeline behaves, apart from the provider's own options. */
export interface PipelineSettings {
  readonly interaction: InteractionSetting;
  /** Browser to start instead of the system's, as program and arguments. */
  readonly browserCommand?: readonly string[] | undefined;
  /** `auto`: the keyring, or a private file where there is none. */
  readonly sessionStore: SessionStoreName | "auto";
  /** Renew even when the cached credential is fresh. */
  readonly isRefreshForced?: boolean | undefined;
  /** A person runs this by hand: earlier failures and fruitless prompts are forgotten, and another subject may be taken on. */
  readonly isPersonActing?: boolean | undefined;
  /** The hint of `LOGIN_REQUIRED`: the command that a person can run. */
  readonly loginHint: string;
  /** Kept in the sign-in record, so that it can be ended later without repeating them: options without secrets. */
  readonly recordedOptions?: JsonObject | undefined;
}

/** One wish for a credential. */
export interface CredentialRequest {
  readonly provider: Provider;
  readonly execInfo: ExecInfo;
  readonly settings: PipelineSettings;
}

/** A credential ready to be printed. */
export interface ReadyCredential {
  readonly credential: Credential;
  /** What client-go is told as its end: the real end minus a margin; `undefined` when it does not end. */
  readonly renewAt: Date | undefined;
}
