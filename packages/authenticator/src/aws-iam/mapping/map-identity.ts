import type { CallerIdentity } from "../caller-identity.ts";
import type { MappingIndex } from "./mapping-index.ts";
import type { BackendName, MappingRule } from "./rule.ts";

/** What one backend knows now. */
export interface BackendView {
  readonly name: BackendName;
  /** `undefined` while nothing has been read yet: then nobody can tell. */
  readonly index: MappingIndex | undefined;
  /** User names that this backend may not give. */
  readonly reservedPrefixes: readonly string[];
}

/** What one backend said of an identity, for `explain`. */
export interface MappingStep {
  readonly backend: BackendName;
  readonly said: "found" | "account" | "absent" | "mismatch" | "unread";
  /** The place of the rule, where one was looked at. */
  readonly place?: string | undefined;
}

/** Where an identity is mapped; templates are not filled in yet. */
export type MappingOutcome = { readonly steps: readonly MappingStep[] } & (
  | { readonly kind: "rule"; readonly backend: BackendView; readonly rule: MappingRule }
  | { readonly kind: "account"; readonly backend: BackendView }
  | { readonly kind: "absent" }
  | { readonly kind: "unread"; readonly backend: BackendView }
);

/**
 * Asks the backends in order. The first that has a rule decides; without one, an account that it lets in decides. A backend
 * that has not been read yet stops the search, because what a later one says could be wrong.
 */
export function mapIdentity(identity: CallerIdentity, backends: readonly BackendView[]): MappingOutcome {
  const steps: MappingStep[] = [];
  for (const backend of backends) {
    const note = (said: MappingStep["said"], place?: string): void => void steps.push({ backend: backend.name, said, place });
    if (backend.index === undefined) {
      note("unread");
      return { kind: "unread", backend, steps };
    }
    const lookup = backend.index.find(identity);
    if (lookup.kind === "found") {
      note("found", lookup.rule.place);
      return { kind: "rule", backend, rule: lookup.rule, steps };
    }
    if (lookup.kind === "mismatch") note("mismatch", lookup.rule.place);
    if (backend.index.set.accounts.has(identity.accountId)) {
      note("account", "mapAccounts");
      return { kind: "account", backend, steps };
    }
    if (lookup.kind === "absent") note("absent");
  }
  return { kind: "absent", steps };
}
