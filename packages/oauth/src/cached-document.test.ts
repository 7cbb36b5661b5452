import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findLifetimeMs } from "@kubepass/network";
import { createDocumentKey, parseCachedDocument, readCachedDocument, writeCachedDocument } from "./cached-document.ts";
import { createTestHost } from "./test-support/host.ts";

const now = new Date("2030-01-01T00:00:00Z");
const document = { text: "{}", fetchedAt: now, freshUntil: new Date(now.getTime() + 3_600_000) };

describe("the lifetime of a document", () => {
  it.each([
    [null, 60],
    ["max-age=7200", 120],
    ["public, max-age=7200, must-revalidate", 120],
    ["max-age=1", 5],
    ["max-age=99999999", 1440],
    ["max-age=999999999999999", 1440],
    ["s-maxage=7200", 60],
    ["no-store", 5],
    ["private, no-cache", 5],
    ["max-age=soon", 60],
  ] as const)("with Cache-Control %j is %d minutes", (value, minutes) => {
    expect(findLifetimeMs(new Headers(value === null ? {} : { "cache-control": value })) / 60_000).toBe(minutes);
  });
});

describe("a cached document", () => {
  it("is read back as it was written, from a file for the user alone", () => {
    const host = createTestHost();
    writeCachedDocument(host, "keys-1", document);
    expect(readCachedDocument(host, "keys-1")).toEqual(document);
    const folder = join(host.directories.cache, "issuers");
    expect(readdirSync(folder)).toEqual(["keys-1.json"]);
    expect(statSync(join(folder, "keys-1.json")).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["is not JSON", "{"],
    ["is of another version", JSON.stringify({ version: 2, text: "{}", fetchedAt: now, freshUntil: now })],
    [
      "comes from the future",
      JSON.stringify({ version: 1, text: "{}", fetchedAt: new Date(now.getTime() + 1000), freshUntil: new Date(now.getTime() + 2000) }),
    ],
    ["claims a life of years", JSON.stringify({ version: 1, text: "{}", fetchedAt: now, freshUntil: "2040-01-01T00:00:00Z" })],
    ["has no text", JSON.stringify({ version: 1, fetchedAt: now, freshUntil: now })],
  ])("that %s counts as none", (_what, text) => {
    expect(parseCachedDocument(text, now)).toBeUndefined();
  });

  it("that is open to others counts as none", () => {
    const host = createTestHost();
    writeCachedDocument(host, "keys-1", document);
    chmodSync(join(host.directories.cache, "issuers", "keys-1.json"), 0o644);
    expect(readCachedDocument(host, "keys-1")).toBeUndefined();
  });

  it("that cannot be written is no failure", () => {
    const host = createTestHost();
    mkdirSync(join(host.directories.cache, ".."), { recursive: true });
    writeFileSync(host.directories.cache, "a file in place of the folder");
    writeCachedDocument(host, "keys-1", document);
    expect(readCachedDocument(host, "keys-1")).toBeUndefined();
    expect(readFileSync(host.directories.cache, "utf8")).toContain("a file");
    expect(host.lines.some((line) => line.level === "warn")).toBe(false);
  });

  it("is parsed from any text without failing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseCachedDocument(text, now)).toBeUndefined();
      }),
    );
  });

  it("has another name for each place and way", () => {
    const names = [
      createDocumentKey("keys", ["a", null]),
      createDocumentKey("keys", ["a", "b"]),
      createDocumentKey("discovery", ["a", null]),
    ];
    expect(new Set(names).size).toBe(3);
  });
});
