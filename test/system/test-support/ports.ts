import { findFreePort } from "../../../packages/network/src/test-support/free-port.ts";

/** So many ports of 127.0.0.1 that nobody listens on at this moment. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort());
  return [...ports];
}
