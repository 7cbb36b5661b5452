import type { Cluster } from "@kubepass/kubeconfig";
import type { LoopbackNode } from "./loopback-node.ts";

async function send(cluster: Cluster, method: string, path: string, body: object, type = "application/json"): Promise<void> {
  const response = await cluster.fetch(path, { method, headers: { "content-type": type }, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok && response.status !== 409) throw new Error(`${method} ${path}: ${response.status} ${text}`);
}

/** Makes the pod `echo` in a namespace, on the node `loopback`, whose kubelet is ours. The administrator does it. */
export async function createLoopbackPod(administrator: Cluster, node: LoopbackNode, namespace: string): Promise<void> {
  await send(administrator, "POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "loopback" } });
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    capacity: { cpu: "2", memory: "2Gi", pods: "10" },
    allocatable: { cpu: "2", memory: "2Gi", pods: "10" },
    daemonEndpoints: { kubeletEndpoint: { Port: node.port } },
    // WebSockets go through the API server to the node as they are.
    declaredFeatures: ["ExtendWebSocketsToKubelet"],
  };
  await send(administrator, "PATCH", "/api/v1/nodes/loopback/status", { status }, "application/merge-patch+json");
  await send(administrator, "POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await send(administrator, "POST", `/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "echo", labels: { app: "echo" } },
    spec: { nodeName: "loopback", containers: [{ name: "main", image: "registry.example/echo:1" }] },
  });
}
