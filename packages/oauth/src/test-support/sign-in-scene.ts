import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Clock, Host, Person, SignInContext } from "@kubepass/plugin-sdk";
import { type ClusterInfo, CredentialError } from "@kubepass/wire";
import { connectIssuer } from "../connect-issuer.ts";
import type { IssuerConnection } from "../connection.ts";
import { createTestHost } from "./host.ts";
import { type StubIssuer, startStubIssuer } from "./stub-issuer.ts";

/** A clock that stands still until the test turns it; then it wakes every sleeper whose time has come. */
export interface TurnedClock extends Clock {
  advance(durationMs: number): void;
  /** How many sleep. */
  sleepers(): number;
  /** The durations that were asked for, in order. */
  readonly asked: number[];
}

/** A clock that begins at the given instant. */
export function createTurnedClock(start: Date = new Date("2030-01-01T00:00:00Z")): TurnedClock {
  let nowMs = start.getTime();
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  const asked: number[] = [];
  return {
    asked,
    now: () => new Date(nowMs),
    sleepers: () => sleepers.size,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        asked.push(durationMs);
        if (signal.aborted) return reject(signal.reason);
        const sleeper = { atMs: nowMs + durationMs, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    advance(durationMs) {
      nowMs += durationMs;
      for (const sleeper of sleepers) {
        if (sleeper.atMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

/** A person who does what the test says. */
export interface ScenePerson extends Person {
  readonly shown: () => string;
  readonly opened: string[];
  /** Resolves when the authorization URL was shown. */
  readonly url: Promise<string>;
  /** Types a line at the question that stands, or at the next one. */
  type(line: string | undefined): void;
  readonly isAsked: () => boolean;
}

interface PersonOptions {
  readonly canOpenBrowser?: boolean;
  readonly canAnswer?: boolean;
  readonly opens?: boolean;
  readonly onOpen?: (url: string) => void;
}

/** A person; by default with a browser that opens and a terminal to type at. */
export function createScenePerson(options: PersonOptions = {}): ScenePerson {
  const shown: string[] = [];
  const opened: string[] = [];
  const lines: (string | undefined)[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;
  let tellUrl: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => (tellUrl = resolve));
  return {
    canOpenBrowser: options.canOpenBrowser ?? true,
    canAnswer: options.canAnswer ?? true,
    opened,
    url,
    shown: () => shown.join(""),
    isAsked: () => waiting !== undefined,
    show(text) {
      shown.push(text);
      const line = /^https?:\/\/\S+$/m.exec(text);
      if (line !== null) tellUrl(line[0]);
    },
    async open(target) {
      opened.push(target);
      options.onOpen?.(target);
      return options.opens ?? true;
    },
    ask: (question, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        shown.push(question);
        if (lines.length > 0) return resolve(lines.shift());
        waiting = (line) => {
          waiting = undefined;
          resolve(line);
        };
        signal?.addEventListener("abort", () => {
          waiting = undefined;
          reject(signal.reason);
        });
      }),
    type(line) {
      if (waiting === undefined) lines.push(line);
      else waiting(line);
    },
  };
}

/** An issuer, a connection to it, and a person before a terminal. */
export interface Scene {
  readonly issuer: StubIssuer & { issueCode(asked: URLSearchParams): string };
  readonly connection: IssuerConnection;
  readonly clock: TurnedClock;
  readonly person: ScenePerson;
  readonly context: SignInContext;
  readonly host: Host;
  /** What those who wait for the sign-in were told of its end. */
  readonly announced: readonly string[];
  readonly logged: () => string;
  interrupt(): void;
}

const cluster: ClusterInfo = { server: "https://api.prod.example.com:6443", insecureSkipTlsVerify: false };

/** Sets a scene. `prepare` may change the issuer before it is discovered. */
export async function createScene(
  person: ScenePerson = createScenePerson(),
  prepare?: (issuer: StubIssuer) => void,
  terminal: Partial<Host["terminal"]> = {},
): Promise<Scene> {
  const clock = createTurnedClock();
  const testHost = createTestHost();
  const interrupted = new AbortController();
  const announced: string[] = [];
  const host: Host = { ...testHost, clock, signal: interrupted.signal, terminal: { ...testHost.terminal, ...terminal } };
  const issuer = await startStubIssuer(() => clock.now());
  prepare?.(issuer);
  const options = {
    issuer: issuer.url,
    clientId: "kubepass-test",
    isInsecureIssuerAllowed: true,
    clientAuthentication: { method: "none" },
  } as const;
  const connection = await connectIssuer(options, host, interrupted.signal);
  return {
    issuer,
    connection,
    clock,
    person,
    host,
    announced,
    context: {
      host,
      cluster,
      signal: interrupted.signal,
      canAskPerson: true,
      announceEnd: (latest) => void announced.push(latest.toISOString()),
      keepSession: () => Promise.resolve(),
      requestPerson: async () => person,
    },
    logged: () => JSON.stringify(testHost.lines),
    interrupt: () => interrupted.abort(new CredentialError("INTERRUPTED", "interrupted")),
  };
}

/** Sends bytes as they are and returns all that comes back until the other side closes. */
export async function sendRaw(port: number, bytes: string, host = "127.0.0.1"): Promise<string> {
  const socket: Socket = connect(port, host);
  const received: string[] = [];
  socket.on("data", (chunk: Buffer) => void received.push(chunk.toString("utf8")));
  // The other side may break the connection: that is an answer too.
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  socket.write(bytes);
  await closed;
  return received.join("");
}

/** Whether a server refuses connections. */
export async function isPortClosed(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ""));
  return await new Promise((resolve) => {
    socket.once("error", () => resolve(true));
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
}

/** Resolves as soon as something holds; the test's own time limit ends it otherwise. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
