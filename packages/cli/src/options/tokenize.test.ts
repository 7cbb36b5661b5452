import { parseArgs } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonSwitches, indexFlags } from "./flag-index.ts";
import { shortFlags } from "./global-options.ts";
import { tokenize, type Tokens } from "./tokenize.ts";

const index = indexFlags();

/** What Node's own parser makes of the same arguments. */
function tokenizeByNode(argv: readonly string[]): Tokens {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const [name, { kind }] of index) {
    const short = shortFlags[name];
    options[name] = { type: kind === "switch" ? "boolean" : "string", ...(short === undefined ? {} : { short }) };
  }
  for (const name of commonSwitches) options[name] = { type: "boolean" };
  Object.assign(options, { help: { type: "boolean", short: "h" }, verbose: { type: "boolean", short: "v" } });
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true });
  return {
    words: tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : [])),
    flags: tokens.flatMap((token) =>
      token.kind === "option" ? [{ raw: token.rawName, name: token.name, value: token.value } as const] : [],
    ),
  };
}

const names = [...index.keys()];
const word = fc.constantFrom("", "-", "get-token", "oidc", "a=b", "-5", "--5", "=", "x y", "é");
const name = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom("help", "version", "verbose", "nothing", "-x", "=", "=x", "constructor", "__proto__"),
);
const flag = fc.oneof(
  name.map((text) => `--${text}`),
  fc.tuple(name, word).map(([text, value]) => `--${text}=${value}`),
  fc.stringMatching(/^-[ahovz1é]{1,4}$/),
);

/** Where we differ on purpose: a flag that lacks its value takes no other flag for it, `-o=json` is `-o json`, and `--=` is a strange name. */
function isAlike(argv: readonly string[]): boolean {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.slice(0, end).every((argument, at) => {
    const next = argv[at + 1];
    return (
      !argument.startsWith("--=") &&
      !/^-[^-]*o=/.test(argument) &&
      !(argument.startsWith("-") && (next === "--" || (next !== undefined && /^--?[a-z]/i.test(next))))
    );
  });
}

describe("arguments are taken apart", () => {
  test("as Node's own parser does, but where a flag stands in the place of a value", () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(word, flag, fc.constant("--")), { maxLength: 6 }), (argv) => {
        if (!isAlike(argv)) return;
        compared += 1;
        expect(tokenize(argv, index)).toEqual(tokenizeByNode(argv));
      }),
      { numRuns: 5000 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  test.each<[readonly string[], Tokens["flags"]]>([
    [["-o=json"], [{ raw: "-o", name: "output", value: "json" }]],
    [["-ojson"], [{ raw: "-o", name: "output", value: "json" }]],
    [
      ["-vo", "json"],
      [
        { raw: "-v", name: "verbose", value: undefined },
        { raw: "-o", name: "output", value: "json" },
      ],
    ],
    [
      ["-o", "--config"],
      [
        { raw: "-o", name: "output", value: undefined },
        { raw: "--config", name: "config", value: undefined },
      ],
    ],
    [["--config", "--", "-o"], [{ raw: "--config", name: "config", value: undefined }]],
    [["--constructor", "x"], [{ raw: "--constructor", name: "constructor", value: undefined }]],
  ])("%j", (argv, flags) => {
    expect(tokenize(argv, index).flags).toEqual(flags);
  });
});
