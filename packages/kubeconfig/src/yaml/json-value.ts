import type { JsonValue } from "@kubepass/wire";
import { refuseKubeconfig } from "../invalid.ts";
import type { ScalarValue } from "./plain-scalar.ts";

/** Sets a member, also one named `__proto__`. */
export function setMember(members: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === "__proto__") Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true });
  else members[key] = value;
}

/** A scalar as JSON carries it. Throws `KUBECONFIG_INVALID` for infinities, which JSON has no word for. */
export function toJsonScalar(value: ScalarValue): JsonValue {
  if (typeof value === "number" && !Number.isFinite(value)) throw refuseKubeconfig("a number is infinite or not a number");
  return typeof value === "bigint" ? Number(value) : value;
}
