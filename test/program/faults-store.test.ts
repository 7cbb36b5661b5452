import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatOAuthError } from "@kubepass/testkit";
import { describe, expect, test } from "vitest";
import { checkFailure, type FaultScene, getToken, left, listLeft, setScene, useExecutable } from "./fault-scene.ts";
import type { Ended, RunOptions } from "./user.ts";

// A place that cannot keep a credential or a session: whoever signed in gets the credential all the same, with a warning.

useExecutable();

// Mounts need a name space of one's own, which some machines refuse; the system tests try the same and skip nothing.
const isMountPossible = spawnSync("unshare", ["--mount", "--map-root-user", "true"]).status === 0;

/** Runs kubepass where the script has changed the file system; nobody else sees that, and it ends with the program. */
function through(script: string): RunOptions {
  return { through: ["/usr/bin/unshare", "--mount", "--map-root-user", "/bin/sh", "-c", `set -e; ${script}; exec "$@"`, "sh"] };
}

function readOnly(...folders: readonly string[]): string {
  return folders.map((folder) => `mount --bind '${folder}' '${folder}'; mount -o remount,ro,bind '${folder}'`).join("; ");
}

/** The warnings about places, each with what it is about and its code. */
function listWarnings({ stderr }: Ended): readonly string[] {
  return [...stderr.matchAll(/^kubepass: warning: (.*?)(?:,| \(|$).*?code: (\w+)/gm)].map(([, what, code]) => `${what}: ${code}`);
}

async function setSignedInScene(): Promise<FaultScene> {
  const scene = await setScene();
  getToken(await scene.signIn());
  scene.user.forgetRuntime();
  return scene;
}

describe.skipIf(!isMountPossible)("a home that is read-only", () => {
  test("costs the session and a warning, and not the credential, which the next call finds", async () => {
    const scene = await setScene();
    const ended = await scene.signIn([], through(readOnly(scene.user.home)));
    const token = getToken(ended);
    expect(listWarnings(ended)).toEqual([
      "the session cannot be kept: STORE_UNWRITABLE",
      "the sign-in record cannot be kept: STORE_UNWRITABLE",
    ]);
    expect(ended.stderr).toContain("EROFS");
    expect(await scene.left()).toEqual(listLeft(left.lock, left.credential));
    expect(getToken(await scene.run([], through(readOnly(scene.user.home))))).toBe(token);
    expect(scene.user.opened()).toHaveLength(1);
  });

  test("costs a refresh nothing but the new session: the old one stays as it was, and opens no window", async () => {
    const scene = await setSignedInScene();
    const before = scene.session();
    const ended = await scene.run([], through(readOnly(scene.user.home)));
    getToken(ended);
    expect(listWarnings(ended)).toContain("the session cannot be kept: STORE_UNWRITABLE");
    expect([scene.session(), scene.user.opened().length]).toEqual([before, 1]);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("keeps nobody from signing in again when the issuer has ended the session", async () => {
    const scene = await setSignedInScene();
    let isRevoked = true;
    scene.issuer.answers.token = async (_, usual) => {
      const answer = isRevoked ? formatOAuthError("invalid_grant") : await usual();
      isRevoked = false;
      return answer;
    };
    const ended = await scene.signIn([], through(readOnly(scene.user.home)));
    getToken(ended);
    expect(listWarnings(ended)).toContain("the session that the issuer has ended cannot be removed: STORE_UNWRITABLE");
    expect([scene.user.opened().length, await scene.left()]).toEqual([2, left.signedIn]);
  });

  test("is told at a sign-out, which then has not ended", async () => {
    const scene = await setSignedInScene();
    const logout = await scene.startCommand(["logout"], through(readOnly(scene.user.home))).ended;
    checkFailure(logout, { code: "STORE_UNWRITABLE", exit: 1, says: /EROFS/ });
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.keys, left.record, left.session));
  });

  test("with a runtime folder that is read-only too still costs no credential", async () => {
    const scene = await setScene();
    const runtime = join(scene.user.folder, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    const ended = await scene.signIn([], through(readOnly(scene.user.home, runtime)));
    getToken(ended);
    expect(listWarnings(ended)).toContain("the credential cannot be kept: STORE_UNWRITABLE");
    expect([scene.user.opened().length, await scene.left()]).toEqual([1, left.nothing]);
  });
});

test.skipIf(!isMountPossible)("a full disk costs a warning and not the credential, and leaves no half of a file", async () => {
  const scene = await setScene();
  const place = join(scene.user.folder, "small");
  const listing = join(scene.user.folder, "listing");
  mkdirSync(place);
  // What lies on the small disk is written down before it goes away.
  const script = join(scene.user.folder, "fill");
  const lines = [
    "#!/bin/sh",
    `cd '${place}' && mkdir -m 700 home runtime && (dd if=/dev/zero of=full bs=1k 2>/dev/null || true)`,
    `"$@"; code=$?; find home runtime -type f -size +0 > '${listing}'; exit $code`,
  ];
  writeFileSync(script, `${lines.join("\n")}\n`, { mode: 0o700 });
  const mount = `mount -t tmpfs -o size=64k,mode=700 none '${place}'`;
  const options = through(`${mount}; exec '${script}' "$@"`);
  const variables = { HOME: join(place, "home"), KUBEPASS_RUNTIME_DIR: join(place, "runtime") };
  const ended = await scene.signIn([], { ...options, variables });
  getToken(ended);
  expect(listWarnings(ended)).toEqual(
    expect.arrayContaining(["the session cannot be kept: STORE_UNWRITABLE", "the credential cannot be kept: STORE_UNWRITABLE"]),
  );
  expect(ended.stderr).toContain("ENOSPC");
  expect([existsSync(listing), readFileSync(listing, "utf8"), scene.user.opened().length]).toEqual([true, "", 1]);
});

describe("a keyring that is not there", () => {
  test("costs the session and a warning where nothing else may keep it", async () => {
    const scene = await setScene();
    const ended = await scene.signIn(["--session-store", "keyring"]);
    getToken(ended);
    expect(listWarnings(ended)).toContain("the session cannot be kept: KEYRING_UNAVAILABLE");
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.keys, left.credential, left.record));
  });

  test("is no reason to ask again where a file may keep the session", async () => {
    const scene = await setSignedInScene();
    expect(scene.session()).not.toBe("");
    getToken(await scene.run(["--non-interactive"]));
    expect([scene.user.opened().length, await scene.left()]).toEqual([1, left.signedIn]);
  });
});
