import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { createIssuer, type Issuer } from "@kubepass/testkit";
import type { Contestant } from "./measure.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The executable that is measured. */
export const kubepass: string = join(root, "dist", "kubepass");

const kubelogin = join(root, "peers", "bin", "kubelogin");

/** An issuer and a folder for everything that the programs store. */
export interface Scene {
  readonly issuer: Issuer;
  readonly folder: string;
  readonly authorityFile: string;
}

/** Runs the work with an issuer on loopback that signs in whoever comes, and removes everything afterwards. */
export async function withScene<T>(work: (scene: Scene) => Promise<T>): Promise<T> {
  if (!existsSync(kubepass)) throw new Error("dist/kubepass is missing: run npm run build");
  const issuer = await createIssuer({ idTokenSeconds: 24 * 3600 });
  const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-"));
  try {
    const authorityFile = join(folder, "authority.pem");
    writeFileSync(authorityFile, issuer.authority?.certificatePem ?? "");
    return await work({ issuer, folder, authorityFile });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await issuer.close();
  }
}

/** `kubepass get-token oidc` of a person whose folders have the given name. */
export function createKubepass(scene: Scene, person: string): Contestant & { readonly urls: string } {
  const home = join(scene.folder, person);
  mkdirSync(join(home, "runtime"), { recursive: true, mode: 0o700 });
  const [browser, urls] = [join(home, "browser.sh"), join(home, "urls")];
  writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$1" >>'${urls}'\n`);
  chmodSync(browser, 0o755);
  const { issuer, authorityFile } = scene;
  const who = ["oidc", `--issuer-url=${issuer.url}`, `--client-id=${issuer.clients.native.clientId}`];
  return {
    name: "kubepass",
    program: kubepass,
    args: ["get-token", ...who, `--certificate-authority=${authorityFile}`, "--interaction=open", `--browser-command=${browser}`],
    environment: { PATH: "/usr/bin:/bin", HOME: home, XDG_RUNTIME_DIR: join(home, "runtime") },
    urls,
  };
}

function countTokenRequests(issuer: Issuer): number {
  return Object.values(issuer.requests.token).reduce((sum, count) => sum + count, 0);
}

/** What a cold start of many processes came to. */
export interface ColdRound {
  readonly wallMs: number;
  readonly signIns: number;
  readonly tokenRequests: number;
}

/** Starts that many at once on an empty cache, answers the one sign-in that they ask for, and waits for the last. */
export async function runCold(scene: Scene, contestant: ReturnType<typeof createKubepass>, count: number): Promise<ColdRound> {
  const before = countTokenRequests(scene.issuer);
  const startedMs = performance.now();
  const all = Array.from({ length: count }, () => {
    const child = spawn(contestant.program, contestant.args, { env: contestant.environment, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.resume();
    child.stderr.resume();
    return new Promise<number | null>((resolve) => void child.once("close", resolve));
  });
  while (!existsSync(contestant.urls)) await sleep(5);
  await scene.issuer.signIn(readFileSync(contestant.urls, "utf8").split("\n")[0] ?? "");
  const codes = await Promise.all(all);
  const wallMs = performance.now() - startedMs;
  if (codes.some((code) => code !== 0))
    throw new Error(`of ${count} cold calls these ended badly: ${codes.filter((code) => code !== 0).join(", ")}`);
  const signIns = readFileSync(contestant.urls, "utf8").trimEnd().split("\n").length;
  return { wallMs, signIns, tokenRequests: countTokenRequests(scene.issuer) - before };
}

/** The Go kubelogin with a warm disk cache, filled by a real sign-in; `undefined` where it was not built. */
export async function prepareKubelogin(scene: Scene): Promise<Contestant | undefined> {
  if (!existsSync(kubelogin)) return undefined;
  const { issuer, folder, authorityFile } = scene;
  const [account] = issuer.accounts;
  const contestant: Contestant = {
    name: "int128/kubelogin",
    program: kubelogin,
    args: [
      "get-token",
      `--oidc-issuer-url=${issuer.url}`,
      `--oidc-client-id=${issuer.clients.native.clientId}`,
      `--certificate-authority=${authorityFile}`,
      `--token-cache-dir=${join(folder, "kubelogin")}`,
      "--grant-type=password",
      `--username=${account?.id}`,
      `--password=${account?.password}`,
    ],
    environment: { PATH: "/usr/bin:/bin", HOME: folder },
  };
  const before = countTokenRequests(issuer);
  const child = spawn(contestant.program, contestant.args, { env: contestant.environment, stdio: ["ignore", "ignore", "inherit"] });
  const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  if (code !== 0 || countTokenRequests(issuer) === before) throw new Error(`kubelogin did not sign in (exit code ${code})`);
  return contestant;
}

/** An executable of the same runtime that does nothing: what no program of ours can be faster than. */
export function compileNothing(scene: Pick<Scene, "folder">): Contestant {
  const [source, program] = [join(scene.folder, "nothing.ts"), join(scene.folder, "nothing")];
  writeFileSync(source, "export {};\n");
  const flags = ["--compile", "--minify", "--bytecode", "--format=esm", "--compile-jit-policy=4"];
  spawnSync(join(root, "node_modules", ".bin", "bun"), ["build", ...flags, source, "--outfile", program], { cwd: scene.folder });
  return { name: "Bun starting on nothing", program, args: [], environment: {} };
}

/** `aws eks get-token`, which signs a URL without any network; `undefined` where there is no AWS command line. */
export function findAws(scene: Scene): Contestant | undefined {
  const contestant: Contestant = {
    name: "aws eks get-token",
    program: "aws",
    args: ["eks", "get-token", "--cluster-name=bench", "--region=eu-central-1"],
    environment: {
      PATH: process.env["PATH"],
      HOME: scene.folder,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    },
    everyTurns: 10,
  };
  const { status } = spawnSync(contestant.program, contestant.args, { env: contestant.environment, stdio: "ignore" });
  return status === 0 ? contestant : undefined;
}
