import {
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  chmodSync,
  lstatSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isCredentialError } from "@kubepass/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../test-support/temporary-folder.ts";
import { editKubeconfigFile, editKubeconfigText, type KubeconfigChange } from "./edit-kubeconfig.ts";
import { listDifferences } from "./compare-kubeconfigs.ts";
import { KubeconfigDocument } from "./kubeconfig-document.ts";
import { withKubeconfigLock } from "./lock-file.ts";

const original = `# whose file this is
apiVersion: v1
kind: Config
my-field: {keep: [1, 0x1f, yes]}
clusters:
- name: prod # the real one
  cluster:
    server: https://prod.example
    future: 1_000
users:
# nobody else
- name: "anna"
  user: {token: 'abc'}
- name: ben
  user:
    token: xyz
contexts: []
current-context: ""
`;

const addEva: KubeconfigChange = (document) => {
  document.setEntry("users", "eva", { exec: { command: "kubepass", args: ["yes", "1", "a b"], provideClusterInfo: false } });
  document.setEntry("contexts", "eva@prod", { cluster: "prod", user: "eva" });
  document.setCurrentContext("eva@prod");
};

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "accepted";
  } catch (error) {
    if (isCredentialError(error)) return error.code;
    throw error;
  }
}

describe("an edited text", () => {
  test("keeps comments, order, unknown fields and the way things are written", () => {
    const edited = editKubeconfigText(original, addEva);
    const lines = edited.split("\n");
    const lost = original.split("\n").filter((line) => !lines.includes(line));
    expect(lost).toEqual(["contexts: []", 'current-context: ""']);
    const user = parseKubeconfig(edited).users.get("eva");
    // Every reader must take "yes" and "1" for texts.
    expect(user?.exec?.args).toEqual(["yes", "1", "a b"]);
    expect(parseKubeconfig(edited).currentContext).toBe("eva@prod");
  });

  test("replaces one entry and leaves its neighbours", () => {
    const edited = editKubeconfigText(original, (document) => document.setEntry("users", "ben", { token: "new" }));
    expect(edited).toContain("# nobody else\n- name: \"anna\"\n  user: {token: 'abc'}\n");
    expect(parseKubeconfig(edited).users.get("ben")?.token?.reveal()).toBe("new");
  });

  test("loses an entry that is removed", () => {
    let wasThere: boolean | undefined;
    const edited = editKubeconfigText(original, (document) => void (wasThere = document.removeEntry("users", "anna")));
    expect([wasThere, [...parseKubeconfig(edited).users.keys()]]).toEqual([true, ["ben"]]);
  });

  test("stays JSON when it was JSON", () => {
    const edited = editKubeconfigText('{\n  "kind": "Config",\n  "users": [],\n  "n": 1.5,\n  "t": "yes"\n}\n', addEva);
    expect(JSON.parse(edited)).toMatchObject({
      kind: "Config",
      n: 1.5,
      t: "yes",
      users: [{ name: "eva", user: { exec: { provideClusterInfo: false } } }],
    });
    expect(edited).toMatch(/^\{\n {2}"kind"/);
  });

  test("keeps the line ends of Windows", () => {
    const edited = editKubeconfigText(original.replaceAll("\n", "\r\n"), addEva);
    expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
    expect(parseKubeconfig(edited).currentContext).toBe("eva@prod");
  });

  test("begins a kubeconfig where there was nothing", () => {
    expect(editKubeconfigText("", addEva)).toMatch(/^apiVersion: v1\nkind: Config\nusers:\n/);
  });

  test("is refused where there was no kubeconfig", () => {
    expect(() => editKubeconfigText("- a", addEva)).toThrow("not a mapping");
  });

  test("differs in the entry that was meant and in nothing else, whatever stood there", () => {
    const name = fc.constantFrom("a", "b", "yes", "1", "x y", "é", "a: b", "#");
    const users = fc.uniqueArray(fc.tuple(name, fc.string({ maxLength: 12 })), { selector: ([each]) => each, maxLength: 4 });
    fc.assert(
      fc.property(users, name, fc.string({ maxLength: 12 }), (list, target, token) => {
        const text = JSON.stringify({ kind: "Config", users: list.map(([each, secret]) => ({ name: each, user: { token: secret } })) });
        const edited = editKubeconfigText(`# head\n${text}\n`, (document) => document.setEntry("users", target, { token }));
        const wanted = new Map([...list, [target, token] as const]);
        const found = parseKubeconfig(edited).users;
        expect(new Map([...found].map(([each, user]) => [each, user.token?.reveal() ?? ""]))).toEqual(wanted);
        expect(edited.startsWith("# head")).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("an edited text with anchors", () => {
  const head = "kind: Config\nmine: &l\n  - {name: anna, user: {token: s3cret}}\n";
  const shared = "kind: Config\nusers:\n- {name: anna, user: &s {token: old}}\n- {name: ben, user: *s}\n";

  function tokens(text: string): readonly (readonly [string, string | undefined])[] {
    return [...parseKubeconfig(text).users].map(([name, user]) => [name, user.token?.reveal()]);
  }

  test("keeps the list that an alias stands for, and changes a copy", () => {
    const text = `${head}users: *l\n`;
    const edited = editKubeconfigText(text, (document) => document.setText("users", "anna", ["token"], "new"));
    expect(tokens(edited)).toEqual([["anna", "new"]]);
    expect(edited).toContain(head);
    expect(tokens(editKubeconfigText(text, (document) => document.setEntry("users", "ben", { token: "b" })))).toEqual([
      ["anna", "s3cret"],
      ["ben", "b"],
    ]);
    expect(tokens(editKubeconfigText(text, (document) => void document.removeEntry("users", "anna")))).toEqual([]);
  });

  test("changes an entry whose content is an alias, and not the others", () => {
    const edited = editKubeconfigText(shared, (document) => document.setText("users", "ben", ["token"], "new"));
    expect(tokens(edited)).toEqual([
      ["anna", "old"],
      ["ben", "new"],
    ]);
    const entry = "kind: Config\nmine: &e {name: &n ben, user: {token: &t old, x: *n}}\nusers: [*e, {name: eva, user: {token: *t}}]\n";
    expect(tokens(editKubeconfigText(entry, (document) => document.setText("users", "ben", ["token"], "new")))).toEqual([
      ["ben", "new"],
      ["eva", "old"],
    ]);
  });

  test.each<[string, string, KubeconfigChange]>([
    ["content that others share", shared, (document) => document.setText("users", "anna", ["token"], "new")],
    ["content that others share, replaced", shared, (document) => document.setEntry("users", "anna", { token: "new" })],
    ["an entry that others share something of", shared, (document) => void document.removeEntry("users", "anna")],
    [
      "a text that others share",
      "users: [{name: a, user: {token: &t old}}, {name: b, user: {token: *t}}]",
      (document) => document.setText("users", "a", ["token"], "new"),
    ],
    [
      "what a merge brings in",
      "x: &x {auth-provider: {name: oidc, config: {}}}\nusers: [{name: a, user: {<<: *x}}]",
      (document) => document.setText("users", "a", ["auth-provider", "config", "id-token"], "new"),
    ],
    ["an entry that is not there", shared, (document) => document.setText("users", "eva", ["token"], "new")],
  ])("is refused for %s", (_name, text, change) => {
    expect(() => editKubeconfigText(text, change)).toThrow(expect.objectContaining({ code: "KUBECONFIG_INVALID" }));
  });

  test("never takes something else for an empty list", () => {
    const document = new KubeconfigDocument("users: {a: b}\n");
    expect(() => document.setEntry("users", "a", {})).toThrow("users is not a list");
    expect(document.removeEntry("clusters", "a")).toBe(false);
    expect(document.toString()).toBe("users: {a: b}\n");
    expect(editKubeconfigText("users: ~\nclusters:\n", addEva)).toContain("users:\n  - name: eva");
  });

  test("is compared part by part, secrets as well", () => {
    const [before, after] = ["a", "b"].map((token) =>
      parseKubeconfig(`users: [{name: u, user: {token: ${token}}}, {name: v, user: {token: x}}]\ncurrent-context: ${token}\n`),
    );
    expect(before !== undefined && after !== undefined && listDifferences(before, after)).toEqual(["users/u", "current-context"]);
    const grown = parseKubeconfig("clusters: [{name: k, cluster: {server: s}}]");
    expect(listDifferences(parseKubeconfig(""), grown)).toEqual(["clusters/k"]);
  });
});

describe("an edited file", () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = createTemporaryFolder()));
  afterEach(() => folder.remove());

  test("is written whole, with its mode, and nothing is left beside it", async () => {
    const path = folder.write("config", original);
    chmodSync(path, 0o640);
    await editKubeconfigFile(path, addEva, { backup: `${path}.bak` });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readFileSync(`${path}.bak`, "utf8")).toBe(original);
    expect(readdirSync(folder.path).toSorted()).toEqual(["config", "config.bak"]);
  });

  test("is private when it is new, and its folder is made", async () => {
    const path = join(folder.path, "deep", "config");
    await editKubeconfigFile(path, addEva);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("stays a link to where it lies", async () => {
    const target = folder.write("real", original);
    symlinkSync(target, join(folder.path, "config"));
    await editKubeconfigFile(join(folder.path, "config"), addEva);
    expect(lstatSync(join(folder.path, "config")).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toContain("eva");
  });

  test("is made where a link leads that led nowhere", async () => {
    const [first, second] = [join(folder.path, "config"), join(folder.path, "between")];
    symlinkSync("between", first);
    symlinkSync(join(folder.path, "real"), second);
    await editKubeconfigFile(first, addEva);
    expect([lstatSync(first).isSymbolicLink(), lstatSync(second).isSymbolicLink()]).toEqual([true, true]);
    expect(readFileSync(join(folder.path, "real"), "utf8")).toContain("eva");
    expect(statSync(first).mode & 0o777).toBe(0o600);
  });

  test("is not touched by a dry run, not even by a lock", async () => {
    const path = folder.write("config", original);
    const result = await editKubeconfigFile(path, addEva, { isDryRun: true });
    expect(result.after).toContain("eva");
    expect([readFileSync(path, "utf8"), readdirSync(folder.path)]).toEqual([original, ["config"]]);
  });

  test("is as it was when the edit fails, and the lock is free", async () => {
    const path = folder.write("config", "kind: [");
    expect(await codeOf(editKubeconfigFile(path, addEva))).toBe("KUBECONFIG_INVALID");
    expect([readFileSync(path, "utf8"), readdirSync(folder.path)]).toEqual(["kind: [", ["config"]]);
  });

  test("loses no edit of twenty at once", async () => {
    const path = folder.write("config", original);
    const names = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    await Promise.all(names.map((name) => editKubeconfigFile(path, (document) => document.setEntry("users", name, { token: name }))));
    expect([...parseKubeconfig(readFileSync(path)).users.keys()].toSorted()).toEqual(["anna", "ben", ...names].toSorted());
    expect(Object.keys(formatKubeconfig(parseKubeconfig(readFileSync(path)), "redact"))).toContain("users");
  });

  test("waits for another program's lock, and gives up in time", async () => {
    const path = folder.write("config", original);
    const lock = folder.write("config.lock", "");
    expect(await codeOf(editKubeconfigFile(path, addEva, { timeoutMs: 60 }))).toBe("KUBECONFIG_LOCKED");
    expect([existsSync(lock), readFileSync(path, "utf8")]).toEqual([true, original]);
  });

  test("takes over the lock of a program that died", async () => {
    const path = folder.write("config", original);
    const lock = folder.write("config.lock", "");
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await editKubeconfigFile(path, addEva);
    expect(readFileSync(path, "utf8")).toContain("eva");
    expect(readdirSync(folder.path)).toEqual(["config"]);
  });

  test("keeps the lock of whoever took it over, when the slow holder ends at last", async () => {
    const path = folder.write("config", original);
    const lock = `${path}.lock`;
    await withKubeconfigLock(path, async () => {
      const longAgo = new Date(Date.now() - 60_000);
      utimesSync(lock, longAgo, longAgo);
      const slow = withKubeconfigLock(path, () => {
        unlinkSync(lock);
        writeFileSync(lock, "somebody else's");
        const later = new Date(Date.now() + 5000);
        utimesSync(lock, later, later);
      });
      await slow;
      expect(existsSync(lock)).toBe(true);
    });
    expect(readFileSync(lock, "utf8")).toBe("somebody else's");
  });

  test("stops waiting when it is told to", async () => {
    const path = folder.write("config", original);
    writeFileSync(`${path}.lock`, "");
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(withKubeconfigLock(path, () => 1, { signal })).rejects.toThrow(/abort|stop/i);
  });
});
