import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { connectCore, type Program, type ProgramPlace } from "./program.ts";

interface Collector {
  readonly stream: Writable;
  /** Waits until what came ends so. */
  endsWith(text: string): Promise<string>;
}

function collect(): Collector {
  let text = "";
  const stream = new Writable({ write: (chunk: Buffer, _, done) => ((text += chunk.toString()), done()) });
  const endsWith = async (wanted: string): Promise<string> => {
    for (let count = 0; count < 3000 && !text.endsWith(wanted); count += 1) await sleep(10);
    return text;
  };
  return { stream, endsWith };
}

// The types of what the library opens need a package that is not installed here.
function closeSocket(socket: unknown): void {
  const close: unknown = typeof socket === "object" && socket !== null ? Reflect.get(socket, "close") : undefined;
  if (typeof close === "function") Reflect.apply(close, socket, []);
}

async function labelPod(library: Parameters<Program["run"]>[0], { kubeConfig, namespace }: ProgramPlace, value: string): Promise<void> {
  const options = library.setHeaderOptions("Content-Type", library.PatchStrategy.MergePatch);
  const body = { metadata: { labels: { seen: value } } };
  await connectCore(library, kubeConfig).patchNamespacedPod({ name: "echo", namespace, body }, options);
}

async function askRaw({ kubeConfig }: ProgramPlace): Promise<number> {
  const url = new URL("/api/v1/namespaces/default", kubeConfig.getCurrentCluster()?.server);
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  return await new Promise<number>((resolve, reject) => {
    request(url, options, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });
}

/** Programs that hold a connection. */
export const streamPrograms: readonly Program[] = [
  { name: "asks with an agent", standsFor: ["raw-example.js"], expected: 200, run: async (_, place) => await askRaw(place) },
  {
    name: "watches",
    standsFor: ["typescript/watch/watch-example.ts"],
    expected: "MODIFIED",
    run: async (library, place) => {
      const { kubeConfig, namespace, unique } = place;
      const path = `/api/v1/namespaces/${namespace}/pods`;
      return await new Promise<string>((resolve, reject) => {
        const watching = new library.Watch(kubeConfig).watch(
          path,
          { allowWatchBookmarks: true },
          (type, object: { metadata?: { labels?: Record<string, string> } }) => {
            if (object.metadata?.labels?.["seen"] !== `watch-${unique}`) return;
            resolve(type);
            void watching.then((controller) => controller.abort());
          },
          (error: unknown) => reject(new Error(`the watch ended: ${String(error)}`)),
        );
        watching.then(async () => await labelPod(library, place, `watch-${unique}`)).catch(reject);
      });
    },
  },
  {
    name: "keeps a list with an informer",
    standsFor: ["cache-example.js", "typescript/informer/informer.ts", "typescript/informer/informer-with-label-selector.ts"],
    expected: ["add", "update"],
    run: async (library, place) => {
      const { kubeConfig, namespace, unique } = place;
      const api = connectCore(library, kubeConfig);
      const selector = "app=echo";
      const list = async (): ReturnType<typeof api.listNamespacedPod> =>
        await api.listNamespacedPod({ namespace, labelSelector: selector });
      const informer = library.makeInformer(kubeConfig, `/api/v1/namespaces/${namespace}/pods`, list, selector);
      const events: string[] = [];
      return await new Promise<unknown>((resolve, reject) => {
        informer.on("add", () => events.push("add"));
        informer.on("update", (pod) => {
          if (pod.metadata?.labels?.["seen"] !== `informer-${unique}`) return;
          resolve([...events, "update"]);
          void informer.stop();
        });
        informer.on("error", reject);
        informer
          .start()
          .then(async () => await labelPod(library, place, `informer-${unique}`))
          .catch(reject);
      });
    },
  },
  {
    name: "runs a command in a pod",
    standsFor: ["typescript/exec/exec-example.ts", "typescript/exec/exec-resize-example.ts"],
    expected: ["hello from echo\n", "Failure"],
    run: async (library, { kubeConfig, namespace }) => {
      const output = collect();
      const command = ["sh", "-c", 'echo "hello from $POD"; exit 3'];
      const status = await new Promise<string | undefined>((resolve, reject) => {
        new library.Exec(kubeConfig)
          .exec(namespace, "echo", "main", command, output.stream, null, null, false, (end) => resolve(end.status))
          .catch(reject);
      });
      return [await output.endsWith("\n"), status];
    },
  },
  {
    name: "attaches to a pod",
    standsFor: ["typescript/attach/attach-example.ts", "typescript/attach/attach-resize-example.ts"],
    expected: "typed\n",
    run: async (library, { kubeConfig, namespace }) => {
      const [output, input] = [collect(), new PassThrough()];
      const socket: unknown = await new library.Attach(kubeConfig).attach(namespace, "echo", "main", output.stream, null, input, false);
      input.write("typed\n");
      const text = await output.endsWith("typed\n");
      closeSocket(socket);
      return text;
    },
  },
  {
    name: "forwards a port of a pod",
    standsFor: [
      "typescript/port-forward/port-forward.ts",
      "typescript/port-forward/port-forward-service.ts",
      "typescript/port-forward/port-forward-deployment.ts",
      "port-forward-service.js",
      "port-forward-deployment.js",
    ],
    expected: "you said: ping\n",
    run: async (library, { kubeConfig, namespace, port }) => {
      const [output, input] = [collect(), new PassThrough()];
      const socket: unknown = await new library.PortForward(kubeConfig).portForward(namespace, "echo", [port], output.stream, null, input);
      input.write("ping\n");
      const text = await output.endsWith("ping\n");
      closeSocket(socket);
      return text;
    },
  },
  {
    name: "copies a folder into a pod",
    standsFor: ["typescript/cp/cp-example.ts"],
    expected: "carried",
    run: async (library, { kubeConfig, namespace, folder, unique }) => {
      const [from, to] = [join(folder, `from-${unique}`), join(folder, `to-${unique}`)];
      for (const each of [from, to]) mkdirSync(each);
      writeFileSync(join(from, "note"), "carried");
      await new library.Cp(kubeConfig).cpToPod(namespace, "echo", "main", from, to);
      for (let count = 0; count < 3000; count += 1) {
        try {
          const text = readFileSync(join(to, "note"), "utf8");
          if (text !== "") return text;
        } catch {
          // Not there yet.
        }
        await sleep(10);
      }
      return undefined;
    },
  },
  {
    name: "follows a log",
    standsFor: ["follow-logs.js"],
    expected: "first line\nsecond line\n",
    run: async (library, { kubeConfig, namespace }) => {
      const output = collect();
      await new library.Log(kubeConfig).log(namespace, "echo", "main", output.stream, { follow: true });
      return await output.endsWith("second line\n");
    },
  },
];
