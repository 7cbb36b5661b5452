import { createServer, type Server } from "node:net";
import { isCredentialError } from "@kubepass/wire";
import { expect, it, onTestFinished } from "vitest";
import { bindLoopback, type BoundServers } from "./bind.ts";

function create(): Server {
  const server = createServer();
  onTestFinished(() => void server.close());
  return server;
}

async function occupy(address: string, port = 0): Promise<number> {
  const { port: bound } = await bindLoopback({ addresses: [address], ports: port === 0 ? [] : [port] }, create);
  return bound;
}

function addresses(bound: BoundServers): unknown[] {
  return bound.servers.map((server) => {
    const address = server.address();
    return typeof address === "object" ? `${address?.address} ${address?.port}` : address;
  });
}

it("the system chooses a port where none is listed", async () => {
  const bound = await bindLoopback({ addresses: ["127.0.0.1"], ports: [] }, create);
  expect(bound.port).toBeGreaterThan(0);
  expect(addresses(bound)).toEqual([`127.0.0.1 ${bound.port}`]);
});

it("both families get the same port", async () => {
  const bound = await bindLoopback({ addresses: ["127.0.0.1", "::1"], ports: [] }, create);
  expect(addresses(bound)).toEqual([`127.0.0.1 ${bound.port}`, `::1 ${bound.port}`]);
});

it("the next port of a list is used when one is taken", async () => {
  const taken = await occupy("127.0.0.1");
  const bound = await bindLoopback({ addresses: ["127.0.0.1"], ports: [taken, 0] }, create);
  expect(bound.port).not.toBe(taken);
});

it("a list without a free port is refused with its ports", async () => {
  const [first, second] = [await occupy("127.0.0.1"), await occupy("127.0.0.1")];
  const error: unknown = await bindLoopback({ addresses: ["127.0.0.1"], ports: [first, second] }, create).catch(
    (thrown: unknown) => thrown,
  );
  expect(isCredentialError(error, "PORT_UNAVAILABLE") && error.message).toBe(`cannot listen on 127.0.0.1, port ${first}, ${second}`);
  expect(isCredentialError(error) && error.hint).toContain("list another port");
});

it("a port that a stranger holds on the other family is refused, and nothing stays bound", async () => {
  const taken = await occupy("::1");
  const bind = bindLoopback({ addresses: ["127.0.0.1", "::1"], ports: [taken] }, create);
  await expect(bind).rejects.toMatchObject({ code: "PORT_UNAVAILABLE" });
  await expect(occupy("127.0.0.1", taken)).resolves.toBe(taken);
});
