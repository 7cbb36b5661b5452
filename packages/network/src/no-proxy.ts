import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

/** Whether a target is reached without the proxy. `host` is lower case and without brackets. */
export type NoProxyRule = (host: string, port: string) => boolean;

const everyTarget: NoProxyRule = () => true;
const isAscii = /^[\u0000-\u007f]*$/;
const entryWithPort = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:[\]]*)$/;

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

function matchAddresses(list: BlockList, port: string): NoProxyRule {
  return (host, targetPort) => isIP(host) !== 0 && list.check(host, familyOf(host)) && (port === "" || port === targetPort);
}

function parseSubnet(entry: string): NoProxyRule | undefined {
  const [, address = "", prefix = ""] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const length = Number(prefix);
  if (isIP(address) === 0 || length > (isIP(address) === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, length, familyOf(address));
  return matchAddresses(list, "");
}

function matchDomain(name: string, port: string): NoProxyRule {
  const pattern = name.startsWith("*.") ? name.slice(1) : name;
  const isSubdomainOnly = pattern.startsWith(".");
  const bare = isSubdomainOnly ? pattern.slice(1) : pattern;
  const domain = isAscii.test(bare) ? bare : domainToASCII(bare);
  return (host, targetPort) => {
    if (isIP(host) !== 0 || (port !== "" && port !== targetPort)) return false;
    return host.endsWith(`.${domain}`) || (!isSubdomainOnly && host === domain);
  };
}

function parseEntry(entry: string): NoProxyRule | undefined {
  if (entry === "*") return everyTarget;
  const subnet = parseSubnet(entry);
  if (subnet !== undefined) return subnet;
  const [matched, bracketed, plain, port = ""] = entryWithPort.exec(entry) ?? [];
  const host = matched === undefined ? entry : (bracketed ?? plain ?? "");
  if (host === "") return undefined;
  if (isIP(host) === 0) return matchDomain(host, port);
  const list = new BlockList();
  list.addAddress(host, familyOf(host));
  return matchAddresses(list, port);
}

/**
 * Reads `NO_PROXY` by the rules of Go's `httpproxy` package, which kubectl follows: a comma-separated list of
 * addresses, subnets, domains (with their subdomains; without themselves after a leading dot or `*.`), each but
 * subnets with an optional port, or `*`. An entry that cannot be read is passed over.
 */
export function parseNoProxy(text: string): NoProxyRule {
  const rules = text.split(",").flatMap((part) => parseEntry(part.trim().toLowerCase()) ?? []);
  return (host, port) => rules.some((rule) => rule(host, port));
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** True for a literal loopback address; names are not resolved. `host` is without brackets. */
export function isLoopbackAddress(host: string): boolean {
  return isIP(host) !== 0 && loopback.check(host, familyOf(host));
}
