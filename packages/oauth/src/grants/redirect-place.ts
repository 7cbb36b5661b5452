import type { LoopbackOptions } from "../loopback/listener.ts";
import type { RedirectOptions } from "./authorization-code-options.ts";

const addressesByHost: Readonly<Record<string, readonly string[]>> = {
  "127.0.0.1": ["127.0.0.1"],
  "::1": ["::1"],
  "[::1]": ["::1"],
  // Whichever family the browser picks for the name, nobody else may be listening there.
  localhost: ["127.0.0.1", "::1"],
};

type RedirectPlace = Pick<LoopbackOptions, "place" | "redirectHost" | "redirectUrl" | "callbackPath">;

function getPort(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** The redirect URL when it is of this machine, so that its port can be bound. */
function findOwnUrl(redirectUrl: string | undefined): URL | undefined {
  const url = redirectUrl === undefined ? undefined : new URL(redirectUrl);
  return url !== undefined && Object.hasOwn(addressesByHost, url.hostname) ? url : undefined;
}

/** Where to listen, and what the issuer is told, from the options. Pure. */
export function resolveRedirectPlace({ ports = [], redirectHost, redirectUrl, callbackPath }: RedirectOptions): RedirectPlace {
  const ownUrl = findOwnUrl(redirectUrl);
  const host = redirectHost ?? ownUrl?.hostname ?? "127.0.0.1";
  const ownPorts = ownUrl === undefined ? [] : [getPort(ownUrl)];
  return {
    place: { addresses: addressesByHost[host] ?? [], ports: ports.length === 0 ? ownPorts : ports },
    redirectHost: host,
    redirectUrl,
    callbackPath: callbackPath ?? "/callback",
  };
}
