import type { JsonObject, JsonValue } from "@kubepass/wire";
import { stringify } from "yaml";
import type { Random } from "./random.ts";

const oddScalars = [
  "12345",
  "0x1f",
  "1_000",
  "017",
  "0o17",
  "0b11",
  "1e3",
  "1.5",
  ".5",
  "1.",
  "-0",
  "+7",
  "0",
  "00",
  "08",
  "1:30",
  ".inf",
  "-.INF",
  ".nan",
  "yes",
  "no",
  "on",
  "off",
  "y",
  "n",
  "true",
  "False",
  "TRUE",
  "null",
  "~",
  "Null",
  "",
  "2001-01-01",
  "2001-12-14t21:59:43.10-05:00",
  "18446744073709551615",
  "18446744073709551616",
  "9223372036854775808",
  "-9223372036854775809",
  "1e400",
  "0x",
  "-",
  "- x",
  "?",
  "<<",
  "'quoted'",
  '"double"',
  '"esc\\n\\u00e9\\x41"',
  "'it''s'",
  "!!str 12",
  "!!int 3",
  "!!bool yes",
  "!custom x",
  "!!binary aGk=",
  "! 12",

  "&anchor value",
  "*nowhere",
  "|\n        block\n        text",
  ">-\n        folded\n        text",
  "[]",
  "{}",
  "[a, b]",
  "{a: b}",
  "a: b",

  "text # comment",
  "text#no comment",
  "a  b",
  "@at",
  "`tick",
  "%percent",
  "%",
  "a\n        continued",
  "http://x:1/y",
  "-x",
  "?x",
  ":x",
  "x:",
];

const oddLines = [
  "# comment",
  "",
  "   ",
  "\t",
  "---",
  "...",
  "--- ",
  "%YAML 1.1",
  "extra: {a: 1}",
  "extra: [1, 2",
  "extra: &a {b: 1}",
  "kind: Config",
  "current-context: b",
  "current-context: 7",
  "clusters: null",
  "users: []",
  "contexts:",
  "Kind: List",
  "apiversion: v1",
  "? a\n: b",

  "extra: |\n  text\n   more\n  end",
  "extra: >\n  folded\n\n  text",
  "extra:\n- a\n- b",
  "extra:\n  - a\n  -\n    b: c\n  - - d",
  '"quoted": "x"',

  "base: &base {server: https://merged}\nclusters:\n- name: m\n  cluster:\n    <<: *base\n    proxy-url: http://p",
  "1: x",
  "yes: x",
  "null: x",
  "extra: &x [*x]",
  "a: &r {b: 1}\nc: *r",
  "extra: 'multi\n  line'",
  'extra: "multi\n  line"',
  "extra: {a: {b: [c, {d: e}]}}",
  "a: b: c",
  "- x",
];

function breakText(random: Random, text: string): string {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const line = lines[at] ?? "";
  switch (random.below(9)) {
    case 0:
      lines.splice(at, 0, random.pick(oddLines));
      break;
    case 1:
    case 2:
    case 3:
      lines[at] = line.replace(/^(\s*(?:- )?[\w-]+:).*$/, (_, start: string) => `${start} ${random.pick(oddScalars)}`);
      break;
    case 4:
      lines[at] = ` ${line}`;
      break;
    case 5:
      lines.splice(at, 1);
      break;
    case 6:
      lines.splice(at, 0, line);
      break;
    case 7:
      lines[at] = `${line}${random.pick([" ", "\t", "  # comment", " #", "\r"])}`;
      break;
    default: {
      const place = random.below(line.length + 1);
      lines[at] =
        line.slice(0, place) +
        random.pick([":", "-", "{", "}", "[", "]", "'", '"', "#", "&", "*", "!", "|", ">", "%", "@", "\t", "é"]) +
        line.slice(place);
    }
  }
  return lines.join("\n");
}

/** Block YAML as Go programs write it: lists on the column of their key, strings plain where that is safe. */
function writeBlock(value: JsonValue, indent: string): string {
  return stringify(value, { indent: 2, indentSeq: false, lineWidth: 80, version: "1.1", defaultStringType: "PLAIN" })
    .split("\n")
    .map((line) => (line === "" ? line : indent + line))
    .join("\n");
}

function writeStyled(random: Random, value: JsonObject): string {
  const style = random.below(6);
  if (style === 0) return JSON.stringify(value);
  if (style === 1) return JSON.stringify(value, undefined, 2);
  if (style === 2) return stringify(value, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", version: "1.1" });
  if (style === 3) return stringify(value, { defaultStringType: "QUOTE_SINGLE", indentSeq: true, indent: 4, version: "1.1" });
  return writeBlock(value, "");
}

const strayBytes = 5;

function decorate(text: string, kind: number, random: Random): Uint8Array {
  if (kind === 0) return Buffer.from(`\ufeff${text}`);
  if (kind === 1) return Buffer.from(text.replaceAll("\n", "\r\n"));
  if (kind === 2) return Buffer.from(`---\n${text}`);
  if (kind === 3) return Buffer.from(`${text}\n---\nkind: [other\n`);
  if (kind === 4) return Buffer.from(`\ufeff${text}`, "utf16le");
  if (kind === strayBytes)
    return Buffer.concat([Buffer.from(text), random.pick([Buffer.from([0]), Buffer.from([0xff]), Buffer.from([0x1b])])]);
  if (kind === 6) return Buffer.from(`# first\n\n${text}\n# last`);
  if (kind === 7)
    return Buffer.from(random.pick(["", "\n", "# nothing\n", "null", "[]", "text", "{}", "7", "---\n", "\ufeff", "kind: Config"]));
  return Buffer.from(text);
}

/** A file to write. */
interface WrittenText {
  readonly bytes: Uint8Array;
  /** Whether somebody edited it badly. */
  readonly isDamaged: boolean;
}

/** The bytes of a kubeconfig in one of the ways in which people and programs write them, sometimes damaged. */
export function writeText(random: Random, value: JsonObject): WrittenText {
  let text = writeStyled(random, value);
  const damages = random.chance(0.16) ? 1 + random.below(3) : 0;
  for (let times = damages; times > 0; times -= 1) text = breakText(random, text);
  const kind = random.below(60);
  return { bytes: decorate(text, kind, random), isDamaged: damages > 0 || kind === strayBytes };
}
