import { CredentialError } from "@kubepass/wire";

/** What the choice between the two ways to ask a person depends on. */
export interface GrantSituation {
  readonly wanted: "auto" | "authorization-code" | "device-code";
  /** A browser may be opened on this machine. */
  readonly canOpenBrowser: boolean;
  /** The person can paste a line into the terminal. */
  readonly canAnswer: boolean;
  readonly hasAuthorizationEndpoint: boolean;
  readonly hasDeviceEndpoint: boolean;
}

/** The grant, and the reason in words for the person. */
export interface ChosenGrant {
  readonly grant: "authorization-code" | "device-code";
  readonly reason: string;
}

function unsupported(what: string, option: string): CredentialError {
  return new CredentialError("GRANT_UNSUPPORTED", `the issuer does not advertise ${what}`, {
    hint: `choose another grant-type, or set ${option} when the issuer has one that it does not advertise`,
  });
}

function chooseAutomatically(situation: GrantSituation): ChosenGrant {
  const { canOpenBrowser, canAnswer, hasAuthorizationEndpoint, hasDeviceEndpoint } = situation;
  if (!hasAuthorizationEndpoint && hasDeviceEndpoint) return { grant: "device-code", reason: "the issuer offers nothing else" };
  if (!hasAuthorizationEndpoint) throw unsupported("a way for a person to sign in", "authorization-endpoint");
  if (!hasDeviceEndpoint) return { grant: "authorization-code", reason: "the issuer offers no device code" };
  // A device code can be phished (RFC 8628 §5.4), so it comes after everything that ends on this machine.
  if (canOpenBrowser) return { grant: "authorization-code", reason: "a browser can be opened here" };
  if (canAnswer) return { grant: "authorization-code", reason: "no browser can be opened here, but the result can be pasted" };
  return { grant: "device-code", reason: "no browser can be opened here and nothing can be pasted" };
}

/**
 * The way in which a person signs in. Never a grant that speaks for anybody else than that person,
 * and never the password grant. Throws `GRANT_UNSUPPORTED`.
 */
export function chooseGrant(situation: GrantSituation): ChosenGrant {
  if (situation.wanted === "auto") return chooseAutomatically(situation);
  if (situation.wanted === "device-code" && !situation.hasDeviceEndpoint) {
    throw unsupported("a device authorization endpoint", "device-authorization-endpoint");
  }
  if (situation.wanted === "authorization-code" && !situation.hasAuthorizationEndpoint) {
    throw unsupported("an authorization endpoint", "authorization-endpoint");
  }
  return { grant: situation.wanted, reason: "grant-type says so" };
}
