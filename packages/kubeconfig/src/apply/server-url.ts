import { CredentialError } from "@kubepass/wire";
import { findUrl } from "@kubepass/network";
import { hideUserInfo } from "../hide-user-info.ts";
import type { ResolvedConfig } from "../resolved-config.ts";

function isTlsConfigured({ cluster, user }: ResolvedConfig): boolean {
  return cluster.certificateAuthority !== undefined || user.clientCertificate !== undefined || cluster.insecureSkipTlsVerify;
}

/**
 * The URL of the API server, without query and fragment. A server without a scheme is https when anything of TLS is configured, and
 * then it may have no path. Throws `CONFIG_INVALID` for what is neither a URL nor host and port.
 */
export function resolveServerUrl(config: ResolvedConfig): URL {
  const { server } = config.cluster;
  const text = server === "" ? "localhost" : server;
  const whole = /^https?:\/\//i.test(text) ? findUrl(text) : undefined;
  const url = whole ?? (text.includes("://") ? undefined : findUrl(`${isTlsConfigured(config) ? "https" : "http"}://${text}`));
  if (url === undefined || url.username !== "" || (whole === undefined && url.pathname !== "/")) {
    throw new CredentialError("CONFIG_INVALID", `the server ${JSON.stringify(hideUserInfo(server))} is neither a URL nor host:port`, {
      hint: "set clusters[].cluster.server to a URL such as https://cluster.example:6443",
    });
  }
  return new URL(url.pathname, url.origin);
}
