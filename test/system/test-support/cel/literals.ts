import type { Random } from "./random.ts";
import { samples, type SampleKind } from "./samples.ts";

function escapeText(text: string): string {
  return text.replaceAll(/["\\\n\r\u0000]/g, (character) => {
    const known: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\u0000": "\\x00" };
    return known[character] ?? character;
  });
}

/** A text as a CEL literal. Samples of expressions come with their backslashes doubled already. */
function quote(text: string, kind: SampleKind): string {
  return kind === "regex" ? `"${text}"` : `"${escapeText(text)}"`;
}

function textLiteral(random: Random, topic?: SampleKind): string {
  const kinds: SampleKind[] = ["text", "text", "text", "number", "ip", "url", "name", "regex", "duration", "quantity", "uuid"];
  const kind = topic !== undefined && random.chance(0.8) ? topic : random.pick(kinds);
  const source: readonly string[] = samples[kind];
  return quote(random.pick(source), kind);
}

const ints = [
  "0",
  "1",
  "-1",
  "2",
  "3",
  "5",
  "7",
  "10",
  "100",
  "-5",
  "9223372036854775807",
  "-9223372036854775808",
  "4294967296",
  "9007199254740993",
  "0x10",
  "-0x2",
];
const uints = ["0u", "1u", "2u", "7u", "18446744073709551615u", "0x10u", "9007199254740993u", "9223372036854775808u"];
const doubles = [
  "0.0",
  "1.0",
  "-1.5",
  "2.0",
  "1e3",
  "1e-7",
  "1e21",
  "123456.789",
  "1234567.0",
  "-0.0",
  "1.7976931348623157e308",
  "5e-324",
  "9007199254740992.0",
  "9.223372036854775807e18",
  "0.1",
  "2.5",
  "1e100",
  "3.0",
];
const bytes = ['b""', 'b"abc"', "b'\\xff'", 'b"äö"', "b'\\000\\001'", 'b"a"', "br'\\x'"];

export const literalMakers: Readonly<Record<string, (random: Random, topic?: SampleKind) => string>> = {
  bool: (random) => random.pick(["true", "false"]),
  int: (random) => random.pick(ints),
  uint: (random) => random.pick(uints),
  double: (random) => random.pick(doubles),
  string: textLiteral,
  bytes: (random) => random.pick(bytes),
  null: () => "null",
  duration: (random) => `duration(${quote(random.pick(samples.duration.slice(0, 8)), "duration")})`,
  timestamp: (random) => `timestamp(${quote(random.pick(samples.timestamp.slice(0, 5)), "timestamp")})`,
  type: (random) =>
    random.pick([
      "int",
      "string",
      "list",
      "map",
      "bool",
      "type",
      "null_type",
      "bytes",
      "double",
      "uint",
      "net.IP",
      "google.protobuf.Timestamp",
      "optional_type",
      "type(1)",
      'type("a")',
    ]),
  "kubernetes.Quantity": (random) => `quantity(${quote(random.pick(samples.quantity.slice(0, 12)), "quantity")})`,
  "net.IP": (random) => `ip(${quote(random.pick(samples.ip.slice(0, 5)), "ip")})`,
  "net.CIDR": (random) => `cidr(${quote(random.pick(samples.cidr.slice(0, 4)), "cidr")})`,
  "kubernetes.URL": (random) => `url(${quote(random.pick(samples.url.slice(0, 4)), "url")})`,
  "kubernetes.Semver": (random) => `semver(${quote(random.pick(samples.semver), "semver")}, true)`,
  "kubernetes.NamedFormat": (random) =>
    `format.${random.pick(["dns1123Label", "uuid", "qualifiedName", "uri", "date", "datetime", "byte", "labelValue", "dns1035LabelPrefix", "dns1123Subdomain"])}()`,
};
