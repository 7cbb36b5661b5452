import { NamedFormat } from "./functions/named-format.ts";
import { SemanticVersion } from "./functions/semver.ts";
import type { CelValue } from "./values.ts";

/** Whether Go can use a value as a map key at all; where it cannot, cel-go panics. */
export function isHashable(value: CelValue): boolean {
  return !(value instanceof Uint8Array || value instanceof NamedFormat || value instanceof SemanticVersion);
}
