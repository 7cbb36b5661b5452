import { once } from "node:events";
import type { Server } from "node:net";
import { CredentialError, findSystemCode } from "@kubepass/wire";

/** Where the loopback listener may be. */
export interface ListenPlace {
  /** Literal loopback addresses; all of them are bound on the same port. */
  readonly addresses: readonly string[];
  /** Tried in order; empty means one that the system chooses. */
  readonly ports: readonly number[];
}

/** Listening servers, one for each address, on one port. */
export interface BoundServers {
  readonly servers: readonly Server[];
  readonly port: number;
}

// Another program may hold the system's choice on the other family; that twenty such collide in a row does not happen.
const systemChoices: readonly number[] = Array.from({ length: 20 }, () => 0);

async function listen(server: Server, address: string, port: number): Promise<number> {
  // Exclusive: neither a second process of ours nor a stranger may share the port.
  server.listen({ host: address, port, exclusive: true, ipv6Only: address.includes(":") });
  await once(server, "listening");
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

async function bindPort(place: ListenPlace, wantedPort: number, createServer: () => Server): Promise<BoundServers> {
  const servers: Server[] = [];
  let port = wantedPort;
  for (const address of place.addresses) {
    const server = createServer();
    try {
      port = await listen(server, address, port);
      servers.push(server);
    } catch (error) {
      // A family that this machine does not have cannot be bound by a stranger either.
      const isAbsent = ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(findSystemCode(error) ?? "");
      if (isAbsent && servers.length > 0) continue;
      for (const open of servers) open.close();
      throw error;
    }
  }
  return { servers, port };
}

function refuse(place: ListenPlace, cause: unknown): CredentialError {
  const where = place.addresses.join(" and ");
  if (place.ports.length === 0) {
    return new CredentialError("PORT_UNAVAILABLE", `no port could be opened on ${where}`, {
      cause,
      hint: "use the device code grant, which needs no port",
    });
  }
  return new CredentialError("PORT_UNAVAILABLE", `cannot listen on ${where}, port ${place.ports.join(", ")}`, {
    cause,
    hint: "end the program that uses the port, or list another port that the issuer accepts",
  });
}

/**
 * Binds the first port that is free on every address. Throws `PORT_UNAVAILABLE`, which names what was tried.
 * A name is never bound: what `localhost` means is up to a file that others may have written (RFC 8252 §8.3).
 */
export async function bindLoopback(place: ListenPlace, createServer: () => Server): Promise<BoundServers> {
  let cause: unknown;
  for (const port of place.ports.length === 0 ? systemChoices : place.ports) {
    try {
      return await bindPort(place, port, createServer);
    } catch (error) {
      cause = error;
    }
  }
  throw refuse(place, cause);
}
