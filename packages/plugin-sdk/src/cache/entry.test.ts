import fc from "fast-check";
import { isCredentialError, Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { deriveRenewAt, formatEntry, isFresh, parseEntry, type CacheEntry } from "./entry.ts";

const issuedAt = new Date("2026-01-01T00:00:00Z");
const expiresAt = new Date("2026-01-01T01:00:00Z");
const entry: CacheEntry = {
  key: "k",
  provider: "p",
  issuer: "https://issuer.example",
  subject: "anna",
  credential: { token: new Secret("abc"), expiresAt },
  issuedAt,
  renewAt: deriveRenewAt(issuedAt, expiresAt, 60),
};

function at(text: string): Date {
  return new Date(`2026-01-01T${text}Z`);
}

test.each([
  ["right after issuing", at("00:00:00"), true],
  ["just before the margin", at("00:58:59"), true],
  ["inside the margin", at("00:59:00"), false],
  ["after its end", at("02:00:00"), false],
  ["when the clock was set back a little", new Date(issuedAt.getTime() - 60_000), true],
  ["when the clock was set back by an hour", new Date(issuedAt.getTime() - 3_600_000), false],
])("an entry %s is fresh or not", (_when, now, expected) => {
  expect(isFresh(entry, now)).toBe(expected);
});

test("the margin is never more than a tenth of the life", () => {
  expect(deriveRenewAt(issuedAt, at("00:01:00"), 60)).toEqual(at("00:00:54"));
});

test("an entry comes back as it was written", () => {
  const read = parseEntry(formatEntry(entry), entry);
  expect(read.credential.token?.reveal()).toBe("abc");
  expect({ ...read, credential: undefined }).toEqual({ ...entry, credential: undefined });
});

test("an entry of another key or provider is refused", () => {
  expect(() => parseEntry(formatEntry(entry), { key: "other", provider: "p" })).toThrow("belongs to another identity");
  expect(() => parseEntry(formatEntry(entry), { key: "k", provider: "q" })).toThrow("belongs to another identity");
});

function catchFailure(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("random and half-damaged text gives nothing but CREDENTIAL_INVALID", () => {
  const good = formatEntry(entry);
  const damaged = fc.tuple(fc.nat(good.length), fc.string()).map(([place, text]) => good.slice(0, place) + text + good.slice(place + 3));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), damaged), (text) => {
      const failure = catchFailure(() => parseEntry(text, entry));
      expect(failure === undefined || isCredentialError(failure, "CREDENTIAL_INVALID")).toBe(true);
    }),
  );
});
