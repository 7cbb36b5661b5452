import type { OptionValues } from "@kubepass/plugin-sdk";
import { Secret } from "@kubepass/wire";
import { type Kept, refuseConversion, type Surroundings } from "./conversion.ts";

/** Options with the client secret out of the kubeconfig, and the secret that is to be kept elsewhere. */
export interface PlacedSecret {
  readonly values: OptionValues;
  readonly secret?: Secret | undefined;
  readonly notes: readonly string[];
}

/** Puts the path of a client secret into its place; refuses when nobody said where the secret may be kept. */
export function placeSecret(from: string, values: OptionValues, text: string, { secretFile }: Surroundings): PlacedSecret | Kept {
  if (text === "") return { values, notes: [] };
  if (secretFile === undefined) {
    return refuseConversion(
      from,
      "it has a client secret, which must not stand in a kubeconfig",
      "say which file may keep it, readable by you alone: --client-secret-file=FILE",
    );
  }
  const notes = [`the client secret is kept in ${secretFile}, and no longer in the kubeconfig`];
  return { values: { ...values, "client-secret-file": secretFile }, secret: new Secret(text), notes };
}
