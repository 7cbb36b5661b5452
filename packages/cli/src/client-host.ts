import { type ClientHost, createGroupSignal, judgeHttp2, scheduleTimer } from "@kubepass/kubeconfig";
import type { Invocation } from "./command.ts";

/** The host of an invocation as the kubeconfig library wants it. */
export function createInvocationHost({ host, runtime }: Pick<Invocation, "host" | "runtime">): ClientHost {
  return {
    environment: host.environment,
    clock: { ...host.clock, schedule: scheduleTimer },
    log: host.log,
    isInputTerminal: () => host.terminal.canRead,
    writeError: (text) => host.terminal.write(text),
    canSpeakHttp2: judgeHttp2({ bun: runtime.name === "bun" ? runtime.version : undefined }),
    startUnchanged: (start) => host.startUnchanged(start),
    signalGroup: createGroupSignal((id, signal) => runtime.kill(id, signal)),
  };
}
