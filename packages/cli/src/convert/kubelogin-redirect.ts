import type { OptionValues } from "@kubepass/plugin-sdk";

/** Options with a redirect URL, and what is to be said about it. */
export interface Redirect {
  readonly values: OptionValues;
  readonly notes: readonly string[];
}

const defaultAddresses = ["127.0.0.1:8000", "127.0.0.1:18000"];
const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

function listAddresses(values: OptionValues): readonly string[] {
  const given = values["listen-address"];
  return Array.isArray(given) ? given.filter((address) => typeof address === "string") : defaultAddresses;
}

function isOwn(url: string): boolean {
  return URL.canParse(url) && loopback.has(new URL(url).hostname);
}

/** Where a port of this machine is given by a proxy or a forward, kubelogin goes on listening on its own ports. */
function keepListening(values: OptionValues, url: string): OptionValues {
  return isOwn(url) || values["listen-address"] !== undefined ? values : { ...values, "listen-address": defaultAddresses };
}

/**
 * The redirect URL that kubelogin's browser sign-in had: issuers compare it, so it is written out. kubelogin calls itself `localhost`
 * whatever it listens on, and its URL has no path.
 */
export function writeRedirect(values: OptionValues): Redirect {
  const url = values["redirect-url"];
  if (typeof url === "string") return { values: keepListening(values, url), notes: [] };
  const [first = "", ...others] = listAddresses(values);
  const port = /:(\d{1,5})$/.exec(first)?.[1];
  if (port === undefined) return { values, notes: [] };
  const rest: Record<string, OptionValues[string]> = { ...values };
  delete rest["listen-address"];
  if (Number(port) === 0) return { values: { ...rest, "redirect-host": "localhost", "callback-path": "/" }, notes: [] };
  const redirect = `${values["local-server-certificate"] === undefined ? "http" : "https"}://localhost:${port}`;
  const unused = others.length === 0 ? "" : `; ${others.join(", ")}, which kubelogin tried next, is not`;
  const better = "if the issuer takes http://127.0.0.1/callback, remove --redirect-url, and any free port will do";
  return { values: { ...rest, "redirect-url": redirect }, notes: [`kubelogin's redirect URL ${redirect} is used${unused}; ${better}`] };
}
