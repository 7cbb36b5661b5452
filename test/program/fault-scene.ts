import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "@kubepass/wire";
import { createFaultyIssuer, type FaultyIssuer, type FaultyIssuerOptions, type SeenPage } from "@kubepass/testkit";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { afterAll, beforeAll, expect, onTestFinished, type TestContext } from "vitest";
import { type Canary, createCanary, splitStdout } from "./canary.ts";
import { getExecutable } from "./executable.ts";
import { createUser, type Ended, type Run, type RunOptions, type User } from "./user.ts";

/** One issuer that can be told to misbehave, one person, and the real executable at the highest verbosity. */
export interface FaultScene {
  readonly issuer: FaultyIssuer;
  readonly user: User;
  /** Starts `get-token oidc` with the usual options and these. */
  start(args?: readonly string[], options?: RunOptions): Run;
  /** Starts any command line. */
  startCommand(args: readonly string[], options?: RunOptions): Run;
  /** Runs `get-token oidc` to its end. */
  run(args?: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same, and a person signs in with the browser that opens. */
  signIn(args?: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The person opens an address and comes as far as it goes; what the pages say is searched for secrets. */
  visit(url: string): Promise<SeenPage>;
  /** The files that are left, and after them the {@link residues}. */
  left(): Promise<readonly string[]>;
  /** What never may be left: temporary files, files open to others, and programs that run on. */
  residues(): Promise<readonly string[]>;
  /** A line of the session file, as it is; empty without a session. */
  session(): string;
}

/** What a failing run has to come to. */
export interface Verdict {
  readonly code: string;
  readonly exit: number;
  readonly says?: RegExp;
  readonly hint?: RegExp;
}

const lock = "runtime/locks/KEY/N";
const attempts = "runtime/attempts/KEY.json";
const discovery = "cache/issuers/discovery-KEY.json";
const keys = "cache/issuers/keys-KEY.json";
const session = "state/sessions/KEY.json";
const record = "state/sign-ins/KEY.json";
const credential = "runtime/credentials/KEY.json";

/** Files in the order of {@link FaultScene.left}. */
export function listLeft(...files: readonly string[]): readonly string[] {
  return files.toSorted();
}

/** What is left behind. A failure is remembered for seconds, and a lock keeps its number; neither holds a secret. */
export const left = {
  nothing: listLeft(),
  /** Ended before the issuer was reached. */
  failure: listLeft(lock, attempts),
  /** Failed with the issuer's discovery document in hand. */
  failureAfterDiscovery: listLeft(lock, attempts, discovery),
  /** Failed on a token, with the issuer's keys in hand. */
  failureAfterKeys: listLeft(lock, attempts, discovery, keys),
  signedIn: listLeft(lock, discovery, keys, credential, session, record),
  /** A failure that kept the session, after the machine was restarted. */
  failureWithSession: listLeft(lock, attempts, discovery, keys, session, record),
  lock,
  attempts,
  discovery,
  keys,
  session,
  record,
  credential,
} as const;

const executable: { path: string } = { path: "" };
let canary: Canary = createCanary();

/** Builds the executable before the tests of a file, and searches everything that they printed for secrets after them. */
export function useExecutable(): void {
  beforeAll(async () => {
    canary = createCanary();
    executable.path = await getExecutable();
  }, 300_000);
  afterAll(() => {
    const { leaks, ...looked } = canary.search();
    // A search with nothing to look at, or nothing to look for, proves nothing; nor does one that cannot find.
    const blind = Object.entries(looked).flatMap(([what, count]) => (count > 0 ? [] : [what]));
    expect({ leaks, blind }).toEqual({ leaks: [], blind: [] });
  });
}

function collect({ issuer, user }: Pick<FaultScene, "issuer" | "user">): void {
  for (const secret of issuer.secrets()) canary.addSecret("token or code", secret);
  for (const request of issuer.requests) canary.addRequest(request);
  for (const { path, text } of user.read()) {
    if (/^(runtime\/credentials|state\/sessions)\//.test(path)) canary.addPlace(text);
    else canary.addOutput(path, text);
  }
}

function findUsualArguments(issuer: FaultyIssuer, user: User): readonly string[] {
  const allowHttp = issuer.url.startsWith("http:") ? ["--insecure-allow-http-issuer"] : [];
  const browser = ["--interaction", "open", "--browser-command", user.browser];
  return ["get-token", "oidc", "--issuer-url", issuer.url, "--client-id", "kubepass", ...allowHttp, ...browser];
}

/** Sets a scene that ends with its test; tests that run side by side hand in their context. Plain http unless an authority is given: nothing here is about TLS. */
export async function setScene(options: FaultyIssuerOptions = {}, context?: TestContext): Promise<FaultScene> {
  const issuer = await createFaultyIssuer({ authority: "none", ...options });
  const user = createUser(executable.path);
  const name = context?.task.name ?? expect.getState().currentTestName ?? "a test";
  const runs: Run[] = [];
  (context?.onTestFinished ?? onTestFinished)(async () => {
    for (const run of runs) if (run.child.exitCode === null) run.child.kill("SIGKILL");
    await issuer.close();
    collect({ issuer, user });
    user.remove();
  });
  const startCommand = (args: readonly string[], runOptions?: RunOptions): Run => {
    const run = user.start([...args, "-vv"], runOptions);
    runs.push(run);
    void run.ended.then((ended) => canary.addRun(`“${name}”`, ended));
    return run;
  };
  const start: FaultScene["start"] = (args = [], runOptions) => startCommand([...findUsualArguments(issuer, user), ...args], runOptions);
  const visit = async (url: string): Promise<SeenPage> => {
    const page = await issuer.signIn(url);
    canary.addOutput(`the page of “${name}”`, page.body);
    return page;
  };
  const residues = async (): Promise<readonly string[]> => {
    // A browser may need a moment to end.
    await waitUntil(() => !user.residues().some((residue) => residue.startsWith("process")), 20_000).catch(() => undefined);
    return user.residues();
  };
  return {
    issuer,
    user,
    start,
    startCommand,
    run: async (args, runOptions) => await start(args, runOptions).ended,
    async signIn(args, runOptions) {
      const count = user.opened().length + 1;
      const run = start(args, runOptions);
      const url = await Promise.race([user.awaitBrowser(count).catch(() => run.ended), run.ended]);
      // The page may never come: what counts is how the program ends.
      if (typeof url === "string") visit(url).catch(() => undefined);
      return await run.ended;
    },
    visit,
    residues,
    async left() {
      const found = await residues();
      return [...user.left(), ...found];
    },
    session: () => user.read().find(({ path }) => path === session)?.text ?? "",
  };
}

/** The token of a run that must have worked. */
export function getToken(ended: Ended): string {
  if (ended.code !== 0) throw new Error(`exit ${ended.code ?? ended.signal}: ${ended.stderr}`);
  const { token } = splitStdout(ended.stdout);
  if (token === "") throw new Error(`there is no token in ${ended.stdout}`);
  return token;
}

interface SaidError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function parseErrorJson(line: string): SaidError | undefined {
  if (!line.startsWith("{")) return undefined;
  const value: unknown = JSON.parse(line);
  if (!isJsonObject(value) || value["kind"] !== "Error") return undefined;
  const [code = "", message = "", hint = ""] = ["code", "message", "hint"].map((name) => {
    const text = value[name];
    return typeof text === "string" ? text : "";
  });
  return { code, message, hint };
}

/** The error that a run ended with, in either form. */
function findError(stderr: string): SaidError | undefined {
  const json = stderr
    .split("\n")
    .map(parseErrorJson)
    .find((error) => error !== undefined);
  if (json !== undefined) return json;
  const [, message, code] = /^kubepass: error: (.*) \((\w+)\)$/m.exec(stderr) ?? [];
  const hint = /^kubepass: hint: (.*)$/m.exec(stderr)?.[1] ?? "";
  return message === undefined || code === undefined ? undefined : { code, message, hint };
}

/** Checks how a run failed: nothing on standard output, one clear line with the code, and the exit status. */
export function checkFailure(ended: Ended, { code, exit, says = /./, hint = /(?:)/ }: Verdict): void {
  const error = findError(ended.stderr);
  const { message = ended.stderr } = error ?? {};
  const unexpected = says.test(message) ? "" : message;
  expect({ exit: ended.code, stdout: ended.stdout, code: error?.code, unexpected }).toEqual({ exit, stdout: "", code, unexpected: "" });
  expect(error?.hint).toMatch(hint);
}

/** What the browser was started with. */
export function readBrowserEnvironment(user: User): string {
  return readFileSync(join(user.folder, "browser-environment"), "utf8");
}
