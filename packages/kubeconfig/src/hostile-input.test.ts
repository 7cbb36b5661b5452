import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { isCredentialError } from "@kubepass/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findKubeconfigFile, loadKubeconfig } from "./load-kubeconfig.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";
import { createTemporaryFolder, type TemporaryFolder } from "./test-support/temporary-folder.ts";

/** The code and the text of a refusal; fails the test for anything else. */
function refusalOf(action: () => unknown): string {
  try {
    return `accepted ${JSON.stringify(action())}`;
  } catch (error) {
    if (isCredentialError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${"bcdefghijk"
  .split("")
  .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefghijk"[index]}`).join(", ")}]`)
  .join("\n")}\nextensions: [{name: x, extension: *k}]\n`;

describe("a text that is no kubeconfig is refused, in words without its values", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["a YAML bomb", bomb, /^KUBECONFIG_INVALID: the text expands aliases excessively$/],
    ["an anchor in itself", "extensions: &x [*x]", /^KUBECONFIG_INVALID: an anchor contains itself$/],
    ["an alias of nothing", "users: *nobody", /^KUBECONFIG_INVALID: (?:line 1 is not YAML|an alias names an anchor that does not exist)/],
    ["a stray ampersand", '{&"users": []}', /^KUBECONFIG_INVALID: an anchor has a name of other characters/],
    ["a list as a key", "? [a]\n: b", /^KUBECONFIG_INVALID: a mapping has a structure as a key$/],
    ["deep nesting", "[".repeat(20_000), /^KUBECONFIG_INVALID: /],
    [
      "deep block nesting",
      Array.from({ length: 3000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
      /^KUBECONFIG_INVALID: (?:line \d+ is not YAML|the text is nested too deeply)/,
    ],
    [
      "deep JSON",
      `{"extensions": [{"name": "x", "extension": ${"[".repeat(2000)}${"]".repeat(2000)}}]}`,
      /: the text is nested too deeply$/,
    ],
    [
      "deep members of JSON",
      `{"extensions": [{"name": "x", "extension": ${'{"a": '.repeat(50_000)}1${"}".repeat(50_000)}}]}`,
      /: the text is nested too deeply$/,
    ],
    ["a tab as indentation", "clusters:\n\t- name: a", /^KUBECONFIG_INVALID: line 2 is not YAML/],
    ["NUL", "a: \u0000s3cret", /^KUBECONFIG_INVALID: line 1 holds a control character$/],
    ["an escape sequence", "a: 1\nb: \u001b[2Js3cret", /^KUBECONFIG_INVALID: line 2 holds a control character$/],
    ["bytes that are no UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff]), /^KUBECONFIG_INVALID: the text is not valid UTF-8$/],
    ["a list", "- a", /^KUBECONFIG_INVALID: the text is not a mapping$/],
    ["a page of HTML", "<!DOCTYPE html>\n<html><body>401</body></html>", /^KUBECONFIG_INVALID: /],
    ["another kind", "kind: List\napiVersion: v1", /^KUBECONFIG_INVALID: no kind "List" is registered for version "v1"$/],
    ["another version", "apiVersion: v2", /^KUBECONFIG_INVALID: no kind "Config" is registered for version "v2"$/],
    ["a name twice", "users: [{name: a}, {name: a}]", /^KUBECONFIG_INVALID: users has the name "a" twice$/],
    ["a number for a token", "users: [{name: a, user: {token: 12345}}]", /^KUBECONFIG_INVALID: users\[0\]\.user\.token is not a text$/],
    [
      "no base64",
      "users: [{name: a, user: {client-key-data: s3cret!}}]",
      /^KUBECONFIG_INVALID: users\[0\]\.user\.client-key-data is not base64$/,
    ],
    ["a text for a list", "contexts: s3cret", /^KUBECONFIG_INVALID: contexts is not a list$/],
    ["infinity", "extensions: [{name: x, extension: .inf}]", /^KUBECONFIG_INVALID: a number is infinite or not a number$/],
    ["a merge of a text", "a: {<<: s3cret}", /^KUBECONFIG_INVALID: a merge key << needs a mapping$/],
  ])("%s", (_name, text, wanted) => {
    const refusal = refusalOf(() => parseKubeconfig(text));
    expect(refusal).toMatch(wanted);
    expect(refusal).not.toContain("s3cret");
  });
});

test("bytes may be a list of numbers, as Go has it", () => {
  const users = parseKubeconfig("users: [{name: a, user: {client-certificate-data: [65, 66]}}]").users;
  expect(users.get("a")?.clientCertificateData).toBe("QUI=");
});

describe("what is odd but says something is read", () => {
  test.each<[string, string | Uint8Array]>([
    ["with a byte order mark", "\ufeffcurrent-context: ok"],
    ["with Windows line ends", "kind: Config\r\ncurrent-context: ok\r\n"],
    ["in UTF-16", Buffer.from("\ufeffcurrent-context: ok\n", "utf16le")],
    ["as JSON", '{"current-context":"ok"}'],
    ["as JSON with tabs", '{\n\t"current-context": "ok"\n}'],
    ["with duplicate keys, the last of which counts", "current-context: no\ncurrent-context: ok"],
    ["with a second document, which is not looked at", "current-context: ok\n---\nkind: [broken"],
    ["with a merged mapping", "x: &x {current-context: ok}\n<<: *x"],
    ["with fields that nobody knows", "future: {a: [1]}\ncurrent-context: ok"],
  ])("%s", (_name, text) => {
    expect(parseKubeconfig(text).currentContext).toBe("ok");
  });

  test.each(["", "\n", "# nothing\n", "null", "---\n", "\ufeff"])("an empty text %j says nothing", (text) => {
    expect(parseKubeconfig(text).contexts.size).toBe(0);
  });
});

describe("a file that cannot be read", () => {
  let folder: TemporaryFolder;
  const environment = { variables: {}, platform: "linux" } as const;

  beforeAll(() => void (folder = createTemporaryFolder()));
  afterAll(() => folder.remove());

  test("is told apart from one that is missing", () => {
    expect(findKubeconfigFile(join(folder.path, "missing"), environment)).toBeUndefined();
    mkdirSync(join(folder.path, "folder"));
    expect(refusalOf(() => loadKubeconfig(environment, { path: join(folder.path, "folder") }))).toMatch(
      /^FILE_UNREADABLE: .*: is a directory$/,
    );
    expect(refusalOf(() => loadKubeconfig(environment, { path: join(folder.path, "missing") }))).toMatch(
      /^FILE_UNREADABLE: stat .*: no such file or directory$/,
    );
    expect(refusalOf(() => findKubeconfigFile(folder.write("file", "") + "/below", environment))).toMatch(
      /^FILE_UNREADABLE: .*: not a directory$/,
    );
    expect(refusalOf(() => findKubeconfigFile("a\u0000b", environment))).toMatch(/^FILE_UNREADABLE: .*: invalid argument$/);
  });

  test("because it is somebody else's", () => {
    const path = folder.write("locked", "kind: Config");
    chmodSync(path, 0);
    // Nothing is closed to root.
    const wanted = userInfo().uid === 0 ? /^accepted / : /^FILE_UNREADABLE: .*: permission denied$/;
    expect(refusalOf(() => findKubeconfigFile(path, environment))).toMatch(wanted);
  });

  test("because it is a link to itself", () => {
    const path = join(folder.path, "cycle");
    symlinkSync(path, path);
    expect(refusalOf(() => findKubeconfigFile(path, environment))).toMatch(/^FILE_UNREADABLE: .*: too many levels of symbolic links$/);
  });

  test("because it has 50 MB", () => {
    const path = folder.write("large", Buffer.alloc(50 * 1024 * 1024, "# "));
    expect(refusalOf(() => findKubeconfigFile(path, environment))).toMatch(/^FILE_UNREADABLE: .* is larger than 33554432 bytes$/);
  });

  test("is reported together with all others", () => {
    const [one, two] = [folder.write("one", "kind: ["), folder.write("two", "users: 1")];
    const variables = { KUBECONFIG: `${one}:${two}` };
    const refusal = refusalOf(() => loadKubeconfig({ variables, platform: "linux" }));
    expect(refusal).toContain(`error loading config file "${one}"`);
    expect(refusal).toContain(`error loading config file "${two}": users is not a list`);
  });
});
