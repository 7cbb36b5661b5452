import type { Secret } from "@kubepass/wire";

/** Where a secret comes from. It is read when it is needed, which for a cached credential is never. */
export type SecretSource =
  | { readonly kind: "text"; readonly secret: Secret }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly program: string; readonly args: readonly string[] }
  | { readonly kind: "stdin" };
