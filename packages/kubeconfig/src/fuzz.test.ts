import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { isCredentialError } from "@kubepass/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAllowlist, writeAllowlist } from "./audit/write-allowlist.ts";
import { decodeText } from "./decode-text.ts";
import { parsePluginPolicy } from "./exec/load-plugin-policy.ts";
import { readAnswer } from "./exec/read-answer.ts";
import { createTemporaryFolder, type TemporaryFolder } from "./test-support/temporary-folder.ts";

// Bounded, so that it can run with every other test; KUBEPASS_FUZZ_RUNS=100000 for a long night.
const numRuns = Number(process.env["KUBEPASS_FUZZ_RUNS"] ?? 300);

type Kept = readonly (readonly [name: string, bytes: Buffer])[];

function readCorpus(name: string): Kept {
  const folder = join(import.meta.dirname, "test-support", "corpus", name);
  return readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))] as const);
}

/** Random bytes, and kept ones with a part of them replaced. */
function damage(kept: Kept, pieces: readonly string[]): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 20 }));
  const damaged = fc.tuple(fc.constantFrom(...kept), fc.nat(400), fc.nat(20), piece).map(([[, bytes], at, length, text]) => {
    const start = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(start + length)]);
  });
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ weight: 4, arbitrary: damaged }, random);
}

/** `accepted`, or the code of the refusal; anything else that is thrown fails the test. */
function outcome(parse: () => unknown): string {
  try {
    parse();
    return "accepted";
  } catch (error) {
    if (isCredentialError(error)) return error.code;
    throw error;
  }
}

const yaml = ["&a ", "*a", "<<: *a\n", "? ", "- ", "{", "}", "[", "\n", "---\n", "!!binary ", "|\n ", '"', "\t", "\u0000", "\u2028", ": "];

interface Reader {
  readonly corpus: string;
  readonly pieces: readonly string[];
  readonly codes: readonly string[];
  readonly read: (bytes: Buffer) => unknown;
}

const readers: readonly (readonly [name: string, reader: Reader])[] = [
  [
    "a plugin's answer",
    {
      corpus: "answers",
      pieces: [...yaml, '"status":', "client.authentication.k8s.io/v1beta1", "-----BEGIN CERTIFICATE-----"],
      codes: ["accepted", "CREDENTIAL_INVALID"],
      read: (bytes) => readAnswer(bytes, "client.authentication.k8s.io/v1"),
    },
  ],
  [
    "a plugin policy",
    {
      corpus: "kuberc",
      pieces: [...yaml, "credentialPluginPolicy: Allowlist\n", "credentialPluginAllowlist: ", "command: "],
      codes: ["accepted", "CONFIG_INVALID"],
      read: (bytes) => parsePluginPolicy(bytes.toString("utf8"), "kuberc", "linux"),
    },
  ],
  [
    "the bytes of a kubeconfig",
    {
      corpus: "bytes",
      pieces: ["\ufeff", "\u0000", "\u0085", "\u009f", "\uffff"],
      codes: ["accepted", "KUBECONFIG_INVALID"],
      read: decodeText,
    },
  ],
];

describe.each(readers)("%s", (_, { corpus, pieces, codes, read }) => {
  const kept = readCorpus(corpus);

  test.each(kept)("is read or refused: %s, which is kept", (_name, bytes) => {
    expect(codes).toContain(outcome(() => read(bytes)));
  });

  test("is read or refused, whatever it is", () => {
    fc.assert(
      fc.property(damage(kept, pieces), (bytes) => {
        expect(codes).toContain(outcome(() => read(bytes)));
      }),
      { numRuns },
    );
  });
});

describe("an allowlist", () => {
  const kept = readCorpus("kuberc");
  let folder: TemporaryFolder;
  beforeAll(() => void (folder = createTemporaryFolder()));
  afterAll(() => folder.remove());

  /** Whether afterwards kubectl reads what was to be allowed, or nothing has changed. */
  async function isSound(bytes: Buffer): Promise<boolean> {
    const path = join(folder.path, "kuberc");
    writeFileSync(path, bytes);
    try {
      const allowed = await writeAllowlist(path, ["/opt/plugin"]);
      const policy = parsePluginPolicy(readFileSync(path, "utf8"), path, "linux");
      return isDeepStrictEqual([policy, readAllowlist(path, "linux")], [{ type: "Allowlist", allowlist: allowed }, allowed]);
    } catch (error) {
      if (!isCredentialError(error, "CONFIG_INVALID") && !isCredentialError(error, "KUBECONFIG_INVALID")) throw error;
      return readFileSync(path).equals(bytes);
    }
  }

  test.each(kept)("is written so that it holds, or not at all, over %s, which is kept", async (_name, bytes) => {
    expect(await isSound(bytes)).toBe(true);
  });

  test("is written so that it holds, or not at all, whatever is there", async () => {
    await fc.assert(
      fc.asyncProperty(damage(kept, [...yaml, "name: ", "command: "]), async (bytes) => {
        expect(await isSound(bytes)).toBe(true);
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  });
});
