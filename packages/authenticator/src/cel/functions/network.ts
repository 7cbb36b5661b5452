import { formatAddress, isMapped, parseAddress, samePrefix, type IpAddress } from "@kubepass/wire";
import { CelFailure, CelObjectBase, noSuchOverload, type CelObject, type CelValue } from "../values.ts";
import { ofString, type CelFunction, type FunctionTable } from "./function.ts";

/** An IP address. */
export class CelIp extends CelObjectBase {
  readonly typeName = "net.IP";
  override readonly costSize: number;
  override readonly mapKey: string;
  readonly address: IpAddress;
  constructor(address: IpAddress) {
    super();
    this.address = address;
    this.mapKey = `i${address.width}/${address.bits}`;
    this.costSize = address.width / 8;
  }
  equals(other: CelObject): boolean | CelFailure {
    if (!(other instanceof CelIp)) return noSuchOverload("==");
    return this.address.width === other.address.width && this.address.bits === other.address.bits;
  }
}

/** A network: an address and how many of its leading bits count. */
export class CelCidr extends CelObjectBase {
  readonly typeName = "net.CIDR";
  override readonly costSize: number;
  override readonly mapKey: string;
  readonly address: IpAddress;
  readonly length: number;
  constructor(address: IpAddress, length: number) {
    super();
    this.address = address;
    this.length = length;
    this.mapKey = `c${address.width}/${address.bits}/${length}`;
    this.costSize = Math.ceil(length / 8);
  }
  equals(other: CelObject): boolean | CelFailure {
    if (!(other instanceof CelCidr)) return noSuchOverload("==");
    const { address, length } = other;
    return this.length === length && this.address.width === address.width && this.address.bits === address.bits;
  }
  /** `10.0.0.0/8`. */
  format(): string {
    return `${formatAddress(this.address)}/${this.length}`;
  }
}

function parseIp(text: string): CelIp | undefined {
  const address = parseAddress(text);
  return address === undefined || isMapped(address) ? undefined : new CelIp(address);
}

function parseCidr(text: string): CelCidr | undefined {
  const slash = text.lastIndexOf("/");
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || isMapped(address) || !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return undefined;
  return Number(length) <= address.width ? new CelCidr(address, Number(length)) : undefined;
}

function toIp(text: string): CelIp | CelFailure {
  return parseIp(text) ?? new CelFailure("CEL_CONVERSION", "IP Address parse error during conversion from string");
}

function toCidr(text: string): CelCidr | CelFailure {
  return parseCidr(text) ?? new CelFailure("CEL_CONVERSION", "network address parse error during conversion from string");
}

function ofIp(run: (address: IpAddress) => CelValue): CelFunction {
  return ([ip]) => (ip instanceof CelIp ? run(ip.address) : noSuchOverload("ip"));
}

function ofCidr(run: (cidr: CelCidr, other: CelValue | undefined) => CelValue): CelFunction {
  return ([cidr, other]) => (cidr instanceof CelCidr ? run(cidr, other) : noSuchOverload("cidr"));
}

function isIn(address: IpAddress, network: string): boolean {
  const cidr = parseCidr(network);
  return cidr !== undefined && samePrefix(cidr.address, address, cidr.length);
}

function isInAny(...networks: readonly string[]): (address: IpAddress) => boolean {
  return (address) => networks.some((network) => isIn(address, network));
}

const isLoopback = isInAny("127.0.0.0/8", "::1/128");
const isUnspecified = isInAny("0.0.0.0/32", "::/128");
const isMulticast = isInAny("224.0.0.0/4", "ff00::/8");
const isLinkLocalUnicast = isInAny("169.254.0.0/16", "fe80::/10");

function isLinkLocalMulticast({ bits, width }: IpAddress): boolean {
  return width === 32 ? bits >> 8n === 0xe00000n : bits >> 120n === 0xffn && ((bits >> 112n) & 15n) === 2n;
}

function isGlobalUnicast(address: IpAddress): boolean {
  const isBroadcast = address.width === 32 && address.bits === 0xffffffffn;
  return !(isBroadcast || isUnspecified(address) || isLoopback(address) || isMulticast(address) || isLinkLocalUnicast(address));
}

function containsIp(cidr: CelCidr, other: CelValue): CelValue {
  return other instanceof CelIp ? samePrefix(cidr.address, other.address, cidr.length) : noSuchOverload("containsIP");
}

function containsCidr(cidr: CelCidr, other: CelValue): CelValue {
  if (other instanceof CelFailure) return other;
  if (!(other instanceof CelCidr)) return noSuchOverload("containsCIDR");
  return cidr.length <= other.length && samePrefix(cidr.address, other.address, cidr.length);
}

function masked({ address, length }: CelCidr): CelCidr {
  const shift = BigInt(address.width - length);
  return new CelCidr({ ...address, bits: (address.bits >> shift) << shift }, length);
}

function fromText(parse: (text: string) => CelValue, run: (cidr: CelCidr, other: CelValue) => CelValue): CelFunction {
  return ofCidr((cidr, text) => (typeof text === "string" ? run(cidr, parse(text)) : noSuchOverload("cidr")));
}

/** Kubernetes' IP and CIDR functions. */
export const networkFunctions: FunctionTable = {
  string_to_ip: ofString(toIp),
  ip_to_string: ofIp(formatAddress),
  ip_family: ofIp(({ width }) => (width === 32 ? 4n : 6n)),
  ip_is_canonical: ofString((text) => {
    const ip = toIp(text);
    return ip instanceof CelFailure ? ip : formatAddress(ip.address) === text;
  }),
  is_ip: ofString((text) => parseIp(text) !== undefined),
  ip_is_unspecified: ofIp(isUnspecified),
  ip_is_loopback: ofIp(isLoopback),
  ip_is_link_local_multicast: ofIp(isLinkLocalMulticast),
  ip_is_link_local_unicast: ofIp(isLinkLocalUnicast),
  ip_is_global_unicast: ofIp(isGlobalUnicast),
  string_to_cidr: ofString(toCidr),
  cidr_to_string: ofCidr((cidr) => cidr.format()),
  is_cidr: ofString((text) => parseCidr(text) !== undefined),
  cidr_contains_ip_string: fromText(toIp, containsIp),
  cidr_contains_ip_ip: ofCidr((cidr, other = null) => containsIp(cidr, other)),
  cidr_contains_cidr_string: fromText(toCidr, containsCidr),
  cidr_contains_cidr: ofCidr((cidr, other = null) => containsCidr(cidr, other)),
  cidr_ip: ofCidr(({ address }) => new CelIp(address)),
  cidr_prefix_length: ofCidr(({ length }) => BigInt(length)),
  cidr_masked: ofCidr(masked),
};
