import { connect, type Socket } from "node:net";
import { startTcpServer } from "./servers.ts";

/** A way to a server that a test can close. */
export interface TestGate {
  readonly port: number;
  /** How many connections wait for it to open. */
  waiting(): number;
  open(): void;
  /** Loses what goes over the connections there are, without an end, as a gateway does that has forgotten them; new ones pass. */
  cut(): void;
  /** How many bytes were lost. */
  lost(): number;
}

/** A gate that is open, or holds back what clients say until it is opened. */
export async function startGate(port: number, { isOpen }: { readonly isOpen: boolean }): Promise<TestGate> {
  let isPassing = isOpen;
  let lostBytes = 0;
  const held: Socket[] = [];
  const joined: (readonly [client: Socket, target: Socket])[] = [];
  const pass = (client: Socket): void => {
    const target = connect(port, "127.0.0.1");
    target.on("error", () => client.destroy());
    client.on("error", () => target.destroy());
    client.pipe(target).pipe(client);
    client.once("close", () => target.destroy());
    joined.push([client, target]);
  };
  const gate = await startTcpServer((client) => void (isPassing ? pass(client) : held.push(client)));
  return {
    port: gate.port,
    waiting: () => held.length,
    open() {
      isPassing = true;
      for (const client of held) pass(client);
    },
    cut() {
      for (const [client, target] of joined.splice(0)) {
        for (const [from, to] of [[client, target] as const, [target, client] as const]) {
          from.unpipe(to);
          from.on("data", (bytes: Buffer) => (lostBytes += bytes.length)).resume();
        }
      }
    },
    lost: () => lostBytes,
  };
}
