import { CredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createTestKey } from "../test-support/sign-jwt.ts";
import { defaultKeySourceLimits, IssuerKeySource } from "./issuer-keys.ts";
import { parseVerificationKeys, type VerificationKey } from "./key-set.ts";

const start = Date.parse("2030-01-01T00:00:00Z");
const at = (seconds: number): Date => new Date(start + seconds * 1000);

function keysOf(...kids: readonly string[]): readonly VerificationKey[] {
  return parseVerificationKeys(JSON.stringify({ keys: kids.map((kid) => createTestKey(kid, "P-256").jwk) })) ?? [];
}

/** An issuer whose keys a test changes, and which may be down. */
class ScriptedIssuer {
  keys: readonly VerificationKey[];
  isDown = false;
  fetches = 0;
  constructor(...kids: readonly string[]) {
    this.keys = keysOf(...kids);
  }
  readonly source: IssuerKeySource = new IssuerKeySource(async (signal) => {
    signal.throwIfAborted();
    this.fetches += 1;
    if (this.isDown) throw new CredentialError("ISSUER_UNREACHABLE", "nobody there");
    return { keys: this.keys, lifetimeMs: 3_600_000 };
  });
}

describe("an issuer's keys", () => {
  it("are fetched once, however many ask at once", async () => {
    const issuer = new ScriptedIssuer("a", "b");
    const found = await Promise.all(["a", "b", "", "a"].map(async (kid) => await issuer.source.find(kid, at(0))));
    expect(found.map((each) => (each.kind === "keys" ? each.keys.length : each.kind))).toEqual([1, 1, 2, 1]);
    expect(issuer.fetches).toBe(1);
  });

  it("are fetched again at once for a kid that is not known, and then rarely", async () => {
    const issuer = new ScriptedIssuer("a");
    await issuer.source.find("a", at(0));
    issuer.keys = keysOf("a", "b");
    expect((await issuer.source.find("b", at(11))).kind).toBe("keys");
    expect(issuer.fetches).toBe(2);
    // A flood of made-up names.
    for (let index = 0; index < 50; index += 1) {
      expect(await issuer.source.find(`made-up-${index}`, at(12))).toMatchObject({ kind: "unavailable", isBusy: true, retryAfterMs: 9000 });
    }
    expect(issuer.fetches).toBe(2);
  });

  it("remember which kids are unknown, and forget it with new keys", async () => {
    const issuer = new ScriptedIssuer("a");
    await issuer.source.find("a", at(0));
    expect((await issuer.source.find("b", at(20))).kind).toBe("unknown");
    expect((await issuer.source.find("b", at(40))).kind).toBe("unknown");
    expect(issuer.fetches).toBe(2);
    issuer.keys = keysOf("a", "b");
    expect((await issuer.source.find("b", at(20 + defaultKeySourceLimits.unknownKidMs / 1000))).kind).toBe("keys");
    expect(issuer.fetches).toBe(3);
  });

  it("keep no more unknown kids than they may", async () => {
    const issuer = new ScriptedIssuer("a");
    const source = new IssuerKeySource(async () => ({ keys: issuer.keys, lifetimeMs: 1000 }), {
      ...defaultKeySourceLimits,
      minRefetchMs: 0,
      maxUnknownKids: 2,
      unknownKidMs: 1_000_000,
    });
    for (const kid of ["x", "y", "z"]) expect((await source.find(kid, at(0))).kind).toBe("unknown");
  });

  it("serve on when they are stale and the issuer is down", async () => {
    const issuer = new ScriptedIssuer("a");
    await issuer.source.find("a", at(0));
    issuer.isDown = true;
    expect((await issuer.source.find("a", at(100_000))).kind).toBe("keys");
    expect(issuer.fetches).toBe(2);
    expect(issuer.source.status()).toMatchObject({ isReady: true, failures: 1, fetchedAt: at(0), lastFailure: "nobody there" });
  });

  it("cannot tell about an unknown kid while the issuer is down: that is doubt, not refusal", async () => {
    const issuer = new ScriptedIssuer("a");
    await issuer.source.find("a", at(0));
    issuer.isDown = true;
    expect(await issuer.source.find("b", at(100))).toMatchObject({ kind: "unavailable", isBusy: false });
  });

  it("leave an issuer that is down alone for longer and longer", async () => {
    const issuer = new ScriptedIssuer("a");
    issuer.isDown = true;
    const tried: number[] = [];
    for (let second = 0; second < 200; second += 1) {
      const before = issuer.fetches;
      expect((await issuer.source.find("a", at(second))).kind).toBe("unavailable");
      if (issuer.fetches > before) tried.push(second);
    }
    expect(tried).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    issuer.isDown = false;
    expect((await issuer.source.find("a", at(243))).kind).toBe("keys");
    expect(issuer.source.status()).toMatchObject({ isReady: true, failures: 0, lastFailure: undefined });
  });

  it("are fetched again when a signature fits none of them, unless that was just done", async () => {
    const issuer = new ScriptedIssuer("a");
    await issuer.source.find("a", at(0));
    expect(await issuer.source.refetch(at(5))).toBe(false);
    expect(await issuer.source.refetch(at(11))).toBe(true);
    expect(await issuer.source.refetch(at(12))).toBe(false);
    expect(issuer.fetches).toBe(2);
  });

  it("end a fetch when they are closed", async () => {
    const issuer = new ScriptedIssuer("a");
    issuer.source.close();
    expect(await issuer.source.prepare(at(0))).toBe(false);
    expect(issuer.fetches).toBe(0);
  });
});
