/** An IP address as a number, and how many bits it has. */
export interface IpAddress {
  readonly bits: bigint;
  readonly width: 32 | 128;
}

function parseVersion4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    // No leading zeros: some programs read them as octal.
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = bits * 256n + BigInt(part);
  }
  return bits;
}

// Groups of an IPv6 address on one side of `::`; a dotted address may stand for the last two.
function parseGroups(text: string, isLast: boolean): readonly bigint[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (isLast && index === parts.length - 1 && part.includes(".")) {
      const dotted = parseVersion4(part);
      if (dotted === undefined) return undefined;
      groups.push(dotted >> 16n, dotted & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function parseVersion6(text: string): bigint | undefined {
  const sides = text.split("::");
  if (sides.length > 2) return undefined;
  const [front = "", back] = sides;
  const head = parseGroups(front, back === undefined);
  const tail = back === undefined ? [] : parseGroups(back, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // `::` stands for at least one group.
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | group, 0n);
}

/** An address as Go's `netip` reads it, without zone; `undefined` for anything else. */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.length > 64) return undefined;
  const first = /[.:]/.exec(text)?.[0];
  if (first === undefined) return undefined;
  const bits = first === "." ? parseVersion4(text) : parseVersion6(text);
  return bits === undefined ? undefined : { bits, width: first === "." ? 32 : 128 };
}

/** Whether it is an IPv4 address dressed as IPv6 (`::ffff:…`). */
export function isMapped(address: IpAddress): boolean {
  return address.width === 128 && address.bits >> 32n === 0xffffn;
}

function formatVersion6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => (bits >> BigInt(112 - 16 * index)) & 0xffffn);
  let best = { start: 8, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && groups[end] === 0n) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const text = (part: readonly bigint[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.start === 8) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

/** The canonical text of an address (RFC 5952). */
export function formatAddress({ bits, width }: IpAddress): string {
  if (width === 128) return formatVersion6(bits);
  return [24n, 16n, 8n, 0n].map((shift) => ((bits >> shift) & 255n).toString()).join(".");
}

/** Whether the leading bits of two addresses of one family agree. */
export function samePrefix(left: IpAddress, right: IpAddress, length: number): boolean {
  const shift = BigInt(left.width - length);
  return left.width === right.width && left.bits >> shift === right.bits >> shift;
}
