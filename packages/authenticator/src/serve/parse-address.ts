import { CredentialError } from "@kubepass/wire";
import type { ListenAddress } from "../http/tls-server.ts";

const addressText = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/;

/** Reads `host:port`; a missing host means every address. Throws `CONFIG_INVALID`, naming the option. */
export function parseAddress(text: string, option: string): ListenAddress {
  const [, bracketed, plain, digits] = addressText.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new CredentialError("CONFIG_INVALID", `${option} must be host:port, as 127.0.0.1:8443 or [::1]:8443`);
  const host = bracketed ?? plain ?? "";
  return { host: host === "" ? "::" : host, port };
}
