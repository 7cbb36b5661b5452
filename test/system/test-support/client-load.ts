import type { Cluster } from "@kubepass/kubeconfig";
import { nameOf } from "./cluster-client.ts";
import { waitFor } from "./wait-for.ts";

/** Requests that go on until somebody ends them. */
export interface ClientLoad {
  /** How often each name, or status where there was none, was answered. */
  readonly answers: ReadonlyMap<string, number>;
  /** Requests that got no answer. */
  readonly lost: readonly string[];
  /** So many more answers, of that name where one is given. */
  more(count: number, name?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Asks again and again who one is, so many at once. */
export function startClientLoad(cluster: Cluster, askers: number): ClientLoad {
  const answers = new Map<string, number>();
  const lost: string[] = [];
  const over = new AbortController();
  const ask = async (): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        const name = await nameOf(cluster);
        answers.set(name, (answers.get(name) ?? 0) + 1);
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const running = Array.from({ length: askers }, ask);
  const count = (name?: string): number => {
    if (name !== undefined) return answers.get(name) ?? 0;
    return [...answers.values()].reduce((sum, each) => sum + each, 0);
  };
  return {
    answers,
    lost,
    async more(wanted, name) {
      const target = count(name) + wanted;
      const describe = (): string => JSON.stringify({ answers: Object.fromEntries(answers), lost });
      await waitFor(`${wanted} answers`, () => (count(name) >= target ? true : undefined), { describe });
    },
    async stop() {
      over.abort();
      await Promise.all(running);
    },
  };
}
