import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeProblems } from "./describe-problem.ts";
import { commands } from "../commands.ts";
import { providers } from "../registry.ts";
import { parseArguments } from "./parse-arguments.ts";

function readGiven(argv: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries([...parseArguments(argv).given].map(([name, { texts }]) => [name, texts]));
}

function explain(argv: readonly string[]): string {
  return describeProblems(parseArguments(argv), "kubepass").message;
}

describe("a command line is taken apart", () => {
  test("with the value after = or in the next word", () => {
    expect(readGiven(["get-token", "oidc", "--issuer-url=https://a", "--client-id", "b"])).toEqual({
      "issuer-url": ["https://a"],
      "client-id": ["b"],
    });
  });

  test("with flags before, between and after the words", () => {
    const parsed = parseArguments(["--interaction", "never", "get-token", "--client-id=b", "oidc", "-v"]);
    expect([parsed.command?.name, parsed.provider?.name, parsed.problems]).toEqual(["get-token", "oidc", []]);
  });

  test("with kubelogin's names for the same options", () => {
    const argv = [
      "get-token",
      "oidc",
      "--oidc-issuer-url=https://a",
      "--oidc-extra-scope=email,groups",
      "--oidc-extra-scope=profile",
      "--token-cache-storage=disk",
      "-v1",
    ];
    expect(readGiven(argv)).toEqual({
      "issuer-url": ["https://a"],
      "extra-scope": ["email", "groups", "profile"],
      "session-store": ["file"],
      verbosity: ["1"],
    });
  });

  test("with commas and equal signs of a value left alone", () => {
    expect(readGiven(["get-token", "oidc", "--auth-request-extra-params=a=b=c,d", "--auth-request-extra-params", "e=f"])).toEqual({
      "auth-request-extra-params": ["a=b=c,d", "e=f"],
    });
    expect(readGiven(["get-token", "oidc", "--resource=a,b"])).toEqual({ resource: ["a,b"] });
  });

  test.each<[string, readonly string[]]>([
    ["a=1,2", ["a=1,2"]],
    ["a=1,b=2", ["a=1", "b=2"]],
    ['"a=1,2",b="', ['"a=1,2",b="']],
    ['"a=1,""2""",b=3', ['a=1,"2"', "b=3"]],
    ["a=b==", ["a=b=="]],
    ["plain", ["plain"]],
  ])("with members in one value as kubelogin splits them: %s", (value, members) => {
    const read = (flag: string): unknown => parseArguments(["get-token", "oidc", `--${flag}=${value}`]).given.get("request-header")?.texts;
    expect(read("oidc-request-header")).toEqual(members);
    expect(read("request-header")).toEqual([value]);
  });

  test("with switches that are set, and unset with =false as kubelogin's users do", () => {
    expect(readGiven(["get-token", "oidc", "--force-refresh", "--oidc-use-access-token=false"])).toEqual({
      "force-refresh": ["true"],
      "use-access-token": ["false"],
    });
  });

  test("with -v counted", () => {
    expect(readGiven(["status", "-v"])).toEqual({ verbosity: ["1"] });
    expect(readGiven(["status", "-vv"])).toEqual({ verbosity: ["2"] });
    expect(readGiven(["status", "-v", "-v", "-v"])).toEqual({ verbosity: ["2"] });
  });
});

describe("what is wrong with a command line is told", () => {
  test.each([
    [["get-tokn", "oidc"], "unknown command get-tokn (did you mean get-token?)"],
    [["get-token"], "get-token needs a provider: oidc, eks"],
    [["sign-in"], "unknown command sign-in (did you mean login?)"],
    [["signout", "--all"], "unknown command signout (did you mean logout?)"],
    [["lint", "x.yaml"], "unknown command lint (did you mean authn lint?)"],
    [["convert"], "unknown command convert (did you mean kubeconfig convert or authn convert?)"],
    [["kubeconfig", "veiw"], "unknown command kubeconfig veiw (did you mean kubeconfig view?)"],
    [["kubeconfig", "lst"], "unknown command kubeconfig lst; there are view, add, convert, audit"],
    [["get-token", "oicd"], "unknown provider oicd (did you mean oidc?)"],
    [["-V"], "unknown flag -V (did you mean --version?)"],
    [["get-token", "oidv"], "unknown provider oidv (did you mean oidc?)"],
    [["get-token", "keystone"], "unknown provider keystone; there are oidc, eks"],
    [["eks"], "eks is a provider, not a command: say login eks, or get-token eks"],
    [["status", "now"], "unexpected argument now"],
    [["get-token", "oidc", "--isuer-url", "x"], "unknown flag --isuer-url (did you mean --issuer-url?)"],
    [["get-token", "oidc", "--zzzzzz"], "unknown flag --zzzzzz"],
    [
      ["get-token", "oidc", "--token-cache-dir=x"],
      "--token-cache-dir: kubepass chooses its folders itself, and `kubepass status` shows them: remove the flag",
    ],
    [["status", "--issuer-url=x"], "--issuer-url does not belong to status"],
    [["get-token", "oidc", "--all"], "--all does not belong to get-token"],
    [["get-token", "oidc", "--client-id"], "--client-id needs a value (write --client-id=… for one that begins with a dash)"],
    [
      ["get-token", "oidc", "--client-id", "--force-refresh"],
      "--client-id needs a value (write --client-id=… for one that begins with a dash)",
    ],
  ])("%j", (argv, message) => {
    expect(explain(argv)).toBe(message);
  });

  test("all at once", () => {
    expect(explain(["get-token", "oidc", "--isuer-url=x", "--client-id", "--grant-typ=y", "--all"])).toBe(
      "unknown flag --isuer-url (did you mean --issuer-url?); --client-id needs a value (write --client-id=… for one that begins with a dash); " +
        "unknown flag --grant-typ (did you mean --grant-type?); --all does not belong to get-token",
    );
  });

  test("without the terminal tricks that it holds", () => {
    expect(explain(["\u001b[31mred\u202e"])).toBe("unknown command [31mred");
  });
});

test("the order of flags changes nothing, as long as each is given once", () => {
  const flags = [
    "--issuer-url=https://a",
    "--client-id=b",
    "--force-refresh",
    "--interaction=print",
    "--max-age=5",
    "-vv",
    "--extra-scope=groups",
  ];
  const expected = readGiven(["get-token", "oidc", ...flags]);
  fc.assert(
    fc.property(fc.shuffledSubarray(flags, { minLength: flags.length }), fc.nat({ max: flags.length }), (shuffled, position) => {
      const argv = [...shuffled.slice(0, position), "get-token", "oidc", ...shuffled.slice(position)];
      expect(readGiven(argv)).toEqual(expected);
    }),
  );
});

test("no command line makes the parser throw", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("get-token", "oidc", "--", "-", "--=", "-v", "--client-id", "__proto__", "--__proto__=x", "--constructor"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      const parsed = parseArguments(argv);
      expect(describeProblems(parsed, "kubepass")).toMatchObject({ code: "USAGE_INVALID" });
    }),
    { numRuns: 500 },
  );
});

test("two providers may have a flag of the same name, and each gets its own", () => {
  for (const provider of ["oidc", "eks"]) {
    const parsed = parseArguments(["get-token", provider, "--certificate-authority", "ca.pem"]);
    expect(parsed.problems).toEqual([]);
    expect(parsed.given.get("certificate-authority")?.texts).toEqual(["ca.pem"]);
  }
});

test("no name is a switch to one command and takes a value at another: that decides how a line is taken apart", () => {
  const kinds = new Map<string, Set<boolean>>();
  const groups = [...commands.map((command) => command.options), ...providers.map((provider) => provider.options)];
  for (const spec of groups.flat()) {
    for (const name of [spec.name, ...(spec.aliases ?? [])]) kinds.set(name, (kinds.get(name) ?? new Set()).add(spec.kind === "switch"));
  }
  expect([...kinds].filter(([, isSwitch]) => isSwitch.size > 1)).toEqual([]);
});
