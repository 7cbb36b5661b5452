import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { inject } from "vitest";
import type { Cluster } from "./cluster.ts";
import { clientId } from "./issuer.ts";
import { type ExecEntry, formatKubeconfig } from "./kubeconfig.ts";
import { getProgram } from "./programs.ts";
import { type IssuerRequest, openRunRecord, type RunRecord } from "./run-record.ts";
import { type Outcome, type Running, type RunOptions, start } from "./run.ts";
import { waitFor } from "./wait-for.ts";

type CallOptions = Partial<RunOptions>;

/** What differs from one sandbox to another. */
export interface SandboxOptions {
  readonly issuer?: "issuer" | "briefIssuer";
  /** Of kubepass' own; the highest by default, so that the search for secrets sees everything that can be said. */
  readonly verbosity?: "0" | "1" | "2";
  readonly signInArguments?: readonly string[];
}

// The only folders that are made for secrets.
const storePattern = /(^|\/)(credentials|sessions)\/[0-9a-f]{64}\.(json|enc)$/;

function* listFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* listFiles(path);
    else if (entry.isFile()) yield path;
  }
}

function makeFolders(): { readonly folder: string; readonly home: string; readonly runtime: string; readonly state: string } {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-person-"));
  const [home, runtime, state] = ["home", "runtime", "state"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [home, runtime, state]) mkdirSync(path, { mode: 0o700 });
  return { folder, home, runtime, state };
}

function writeBrowser(folder: string): { readonly script: string; readonly urls: string } {
  const [script, urls] = [join(folder, "browser.sh"), join(folder, "urls")];
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$1" >>'${urls}'\n`);
  chmodSync(script, 0o755);
  return { script, urls };
}

function leaveNothingUnread(folder: string, record: RunRecord): void {
  for (const path of listFiles(folder)) {
    const place = relative(folder, path);
    if (place === "urls") continue;
    record.addOutput(`${storePattern.test(place) ? "store" : "file"} ${place}`, readFileSync(path, "latin1"));
  }
}

function createEnvironment(
  place: ReturnType<typeof makeFolders>,
  script: string,
  options: SandboxOptions,
): Record<string, string | undefined> {
  return {
    PATH: "/usr/bin:/bin",
    HOME: place.home,
    XDG_RUNTIME_DIR: place.runtime,
    XDG_STATE_HOME: place.state,
    KUBECONFIG: join(place.folder, "kubeconfig"),
    KUBEPASS_VERBOSITY: options.verbosity ?? "2",
    // Not as flags, so that a test can say otherwise.
    KUBEPASS_INTERACTION: "open",
    KUBEPASS_BROWSER_COMMAND: script,
  };
}

function listSignInArguments(cluster: Cluster, options: SandboxOptions): readonly string[] {
  const own = [`--issuer-url=${cluster[options.issuer ?? "issuer"]}`, `--client-id=${clientId}`];
  const trust = `--certificate-authority=${cluster.issuerAuthorityFile}`;
  // Dex knows groups and mail addresses only for those who ask.
  return ["oidc", ...own, trust, "--extra-scope=email", "--extra-scope=groups", ...(options.signInArguments ?? [])];
}

/** The folders of one person on one machine, and the programs run there. Nothing but what is said here reaches them. */
export class Sandbox implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly record: RunRecord;
  readonly folder: string;
  readonly home: string;
  readonly runtime: string;
  readonly state: string;
  /** Seen by every program that is started here. */
  readonly environment: Record<string, string | undefined>;
  /** Arguments that make kubepass sign in at the issuer. */
  readonly signInArguments: readonly string[];
  readonly #urls: string;
  readonly #requestsBefore: number;

  constructor(options: SandboxOptions) {
    const place = makeFolders();
    const { script, urls } = writeBrowser(place.folder);
    this.cluster = inject("cluster");
    this.record = openRunRecord(this.cluster.folder);
    this.folder = place.folder;
    this.home = place.home;
    this.runtime = place.runtime;
    this.state = place.state;
    this.environment = createEnvironment(place, script, options);
    this.signInArguments = listSignInArguments(this.cluster, options);
    this.#urls = urls;
    this.#requestsBefore = this.record.requests().length;
    this.writeKubeconfig({});
  }

  writeKubeconfig(entry: Partial<ExecEntry>): void {
    const own = { command: this.cluster.program, args: ["get-token", ...this.signInArguments] };
    writeFileSync(join(this.folder, "kubeconfig"), formatKubeconfig(this.cluster, { ...own, ...entry }));
  }

  startKubectl(args: readonly string[], call: CallOptions = {}): Running {
    return this.#launch(getProgram("kubectl"), args, call, args.includes("token"));
  }

  async kubectl(args: readonly string[], call?: CallOptions): Promise<Outcome> {
    return await this.startKubectl(args, call).ended;
  }

  startKubepass(args: readonly string[], call: CallOptions = {}): Running {
    return this.#launch(this.cluster.program, args, call, args.includes("get-token"));
  }

  async kubepass(args: readonly string[], call?: CallOptions): Promise<Outcome> {
    return await this.startKubepass(args, call).ended;
  }

  startGetToken(args: readonly string[] = [], call?: CallOptions): Running {
    return this.startKubepass(["get-token", ...this.signInArguments, ...args], call);
  }

  async getToken(args?: readonly string[], call?: CallOptions): Promise<Outcome> {
    return await this.startGetToken(args, call).ended;
  }

  /** The command line in a pseudo-terminal, which can be typed into. */
  startInTerminal(command: string, call: CallOptions = {}): Running {
    return this.#launch(getProgram("script"), ["-qec", command, "/dev/null"], { ...call, input: "open" }, command.includes("get-token"));
  }

  /** Requests to the issuers since the sandbox was made, other than the API server's own. */
  issuerRequests(): readonly IssuerRequest[] {
    const since = this.record.requests().slice(this.#requestsBefore);
    return since.filter((request) => !request.agent.startsWith("Go-http-client"));
  }

  /** The issuers answer nothing whose path begins so, until the function that comes back is called. */
  holdIssuer(path: string): () => void {
    const { holdFile } = this.record;
    writeFileSync(holdFile, path);
    return () => rmSync(holdFile, { force: true });
  }

  /** What the browser was asked to open, in order. */
  openedUrls(): readonly string[] {
    // Whole lines: the browser may be writing just now.
    return existsSync(this.#urls) ? readFileSync(this.#urls, "utf8").split("\n").slice(0, -1) : [];
  }

  /** The URL number `index` (from 0), as soon as the browser is asked for it. */
  async awaitUrl(index: number, timeoutMs = 60_000): Promise<string> {
    const describe = (): string => this.#describeLately();
    return await waitFor(`the browser to be asked for URL ${index + 1}`, () => this.openedUrls()[index], { timeoutMs, describe });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    leaveNothingUnread(this.folder, this.record);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #describeLately(): string {
    const lately = this.record.outputs().slice(-4);
    return lately.map((output) => `${output.source}: ${output.text}`).join("\n");
  }

  #launch(program: string, args: readonly string[], call: CallOptions, isSecret: boolean): Running {
    const running = start(program, args, { ...call, environment: call.environment ?? this.environment, folder: this.home });
    const source = `${basename(program)} ${args[0] ?? ""}`;
    const keep = ({ stdout, stderr }: Outcome): void => {
      this.record.addOutput(`${source} (standard error)`, stderr);
      // A terminal shows what a person types into it; that is no word of ours.
      const own = running.typed().reduce((text, typed) => text.replaceAll(typed, ""), stdout);
      if (!isSecret) this.record.addOutput(`${source} (standard output)`, own);
    };
    void running.ended.then(keep);
    return running;
  }
}

/** A new person on a new machine. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  return new Sandbox(options);
}
