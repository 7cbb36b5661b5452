import type { KubernetesObject } from "client-node-v1";
import { isJsonObject } from "@kubepass/wire";
import { type ClientNode, connectCore, type Program } from "./program.ts";

async function listNamespaces(library: ClientNode, { kubeConfig }: Parameters<Program["run"]>[1]): Promise<unknown> {
  const { items } = await connectCore(library, kubeConfig).listNamespace({ fieldSelector: "metadata.name=default" });
  return items.map(({ metadata }) => metadata?.name);
}

/** Programs that list and change objects. */
export const objectPrograms: readonly Program[] = [
  {
    name: "lists namespaces",
    standsFor: ["kubectl/equivalents/namespace-list.js", "kubectl/equivalents/get.js"],
    expected: ["default"],
    run: listNamespaces,
  },
  {
    name: "lists the pods of a namespace",
    standsFor: ["example.js", "client.js", "typescript/simple/example.ts", "kubectl/equivalents/pod-filter-by-namespace.js"],
    expected: ["echo"],
    run: async (library, { kubeConfig, namespace }) => {
      const { items } = await connectCore(library, kubeConfig).listNamespacedPod({ namespace, labelSelector: "app=echo" });
      return items.map(({ metadata }) => metadata?.name);
    },
  },
  {
    name: "creates, reads and deletes a namespace",
    standsFor: ["namespace.js", "kubectl/equivalents/namespace-create.js", "kubectl/equivalents/delete.js"],
    expected: ["Active", "Terminating"],
    run: async (library, { kubeConfig, unique }) => {
      const api = connectCore(library, kubeConfig);
      const name = `made-${unique}`;
      await api.createNamespace({ body: { metadata: { name } } });
      const before = await api.readNamespace({ name });
      await api.deleteNamespace({ name });
      const after = await api.readNamespace({ name });
      return [before.status?.phase, after.status?.phase];
    },
  },
  {
    name: "creates a pod and a quota",
    standsFor: [
      "kubectl/equivalents/pod-create.js",
      "kubectl/equivalents/resourceQuota-create.js",
      "kubectl/equivalents/resourceQuota-list.js",
    ],
    expected: ["Pending", "5"],
    run: async (library, { kubeConfig, namespace, unique }) => {
      const api = connectCore(library, kubeConfig);
      const containers = [{ name: "main", image: "registry.example/main:1" }];
      const pod = await api.createNamespacedPod({ namespace, body: { metadata: { name: `pod-${unique}` }, spec: { containers } } });
      await api.createNamespacedResourceQuota({
        namespace,
        body: { metadata: { name: `quota-${unique}` }, spec: { hard: { services: "5" } } },
      });
      const { items } = await api.listNamespacedResourceQuota({ namespace });
      return [pod.status?.phase, items.find(({ metadata }) => metadata?.name === `quota-${unique}`)?.spec?.hard?.["services"]];
    },
  },
  {
    name: "patches a pod",
    standsFor: ["patch-example.js", "patch-example.ts", "typescript/patch/patch-example.ts"],
    expected: "quux",
    run: async (library, { kubeConfig, namespace, unique }) => {
      const body = [{ op: "replace", path: "/metadata/labels", value: { app: "echo", foo: "quux", run: unique } }];
      const options = library.setHeaderOptions("Content-Type", library.PatchStrategy.JsonPatch);
      const patched = await connectCore(library, kubeConfig).patchNamespacedPod({ name: "echo", namespace, body }, options);
      return patched.metadata?.labels?.["foo"];
    },
  },
  {
    name: "scales a deployment",
    standsFor: ["scale-deployment.js"],
    expected: 3,
    run: async (library, { kubeConfig, namespace, unique }) => {
      const api = kubeConfig.makeApiClient(library.AppsV1Api);
      const labels = { app: unique };
      const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "registry.example/main:1" }] } };
      const spec = { replicas: 1, selector: { matchLabels: labels }, template };
      const name = `deployment-${unique}`;
      const made = await api.createNamespacedDeployment({ namespace, body: { metadata: { name }, spec } });
      if (made.spec !== undefined) made.spec.replicas = 3;
      const scaled = await api.replaceNamespacedDeployment({ name, namespace, body: made });
      return scaled.spec?.replicas;
    },
  },
  {
    name: "makes a job of a cron job, and an ingress",
    standsFor: ["in-cluster-create-job-from-cronjob.js", "ingress.js"],
    expected: ["manual", "app.example"],
    run: async (library, { kubeConfig, namespace, unique }) => {
      const batch = kubeConfig.makeApiClient(library.BatchV1Api);
      const pod = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "registry.example/main:1" }] } };
      const name = `cron-${unique}`;
      const spec = { schedule: "0 0 1 1 *", jobTemplate: { spec: { template: pod } } };
      const cronJob = await batch.createNamespacedCronJob({ namespace, body: { metadata: { name }, spec } });
      const metadata = { name: `job-${unique}`, annotations: { "cronjob.kubernetes.io/instantiate": "manual" } };
      const jobSpec = cronJob.spec?.jobTemplate.spec;
      if (jobSpec === undefined) throw new Error("the cron job has no template");
      const job = await batch.createNamespacedJob({ namespace, body: { metadata, spec: jobSpec } });
      const backend = { service: { name: "web", port: { number: 80 } } };
      const rules = [{ host: "app.example", http: { paths: [{ path: "/", pathType: "Exact", backend }] } }];
      const ingress = await kubeConfig
        .makeApiClient(library.NetworkingV1Api)
        .createNamespacedIngress({ namespace, body: { metadata: { name: `ingress-${unique}` }, spec: { rules } } });
      return [job.metadata?.annotations?.["cronjob.kubernetes.io/instantiate"], ingress.spec?.rules?.[0]?.host];
    },
  },
  {
    name: "creates, patches, applies and deletes whatever YAML describes",
    standsFor: [
      "yaml-example.js",
      "kubectl/equivalents/apply.js",
      "kubectl/equivalents/create.js",
      "kubectl/equivalents/namespace-create-yaml.js",
      "typescript/apply/apply-example.ts",
      "typescript/apply/apply-from-file-example.ts",
    ],
    expected: ["one", "two", "three", 404],
    run: async (library, { kubeConfig, namespace, unique }) => {
      const client = library.KubernetesObjectApi.makeApiClient(kubeConfig);
      const format = (value: string): string =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map-${unique}\n  namespace: ${namespace}\ndata:\n  key: ${value}\n`;
      const load = (value: string): KubernetesObject & { readonly metadata: { readonly name: string; readonly namespace: string } } => {
        const read: unknown = library.loadAllYaml(format(value));
        const first: unknown = Array.isArray(read) ? read[0] : undefined;
        return { ...(isJsonObject(first) ? first : {}), metadata: { name: `map-${unique}`, namespace } };
      };
      const valueOf = (made: object): unknown => {
        const content: unknown = Reflect.get(made, "data");
        return isJsonObject(content) ? content["key"] : undefined;
      };
      const made = await client.create(load("one"));
      const patched = await client.patch(load("two"), undefined, undefined, undefined, undefined, library.PatchStrategy.MergePatch);
      const applied = await client.patch(load("three"), undefined, undefined, "test", true, library.PatchStrategy.ServerSideApply);
      await client.delete(load("three"));
      const answerOf = async (): Promise<unknown> => {
        try {
          return await client.read(load("three"));
        } catch (error) {
          const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
          return code;
        }
      };
      const gone = await answerOf();
      return [valueOf(made), valueOf(patched), valueOf(applied), gone];
    },
  },
  {
    name: "tells what nodes have to give",
    standsFor: ["top.js", "top_pods.js"],
    expected: ["loopback"],
    run: async (library, { kubeConfig }) => {
      const nodes = await library.topNodes(connectCore(library, kubeConfig));
      return nodes.map(({ Node }) => Node.metadata?.name);
    },
  },
];
