import { findFreePort } from "@kubepass/network/test-support";

/** So many ports of 127.0.0.1 that nobody listens on at this moment. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort());
  return [...ports];
}
