import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { askHelm } from "./test-support/helm-chart.ts";
import { startDaemon } from "./test-support/daemon.ts";
import { root } from "./test-support/places.ts";
import { findFreePorts } from "./test-support/ports.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Outcome, start } from "./test-support/run.ts";
import { askOperations } from "./test-support/serve/ask-operations.ts";

const cluster = inject("cluster");
const manifests = ["static-pod", "daemonset", "deployment"].map((name) => join(root, "deploy", "manifests", `${name}.yaml`));
const rights = join(root, "deploy", "manifests", "mappings-rights.yaml");
let folder: string;

async function kubectl(...args: readonly string[]): Promise<Outcome> {
  const { certificate, key } = cluster.administrator;
  const access = [
    `--server=${cluster.server}`,
    `--certificate-authority=${cluster.authorityFile}`,
    `--client-certificate=${certificate}`,
    `--client-key=${key}`,
  ];
  return await start(getProgram("kubectl"), [...access, ...args], { environment: { HOME: folder, KUBECONFIG: "/dev/null" }, folder }).ended;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-deploy-"));
  checkExit(await kubectl("create", "namespace", "kubepass"));
});

afterAll(async () => {
  await kubectl("delete", "namespace", "kubepass", "--wait=false");
  rmSync(folder, { recursive: true, force: true });
});

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
}

interface Manifest {
  readonly kind: string;
  readonly spec?: PodSpec & { readonly template?: { readonly spec: PodSpec } };
  readonly data?: Readonly<Record<string, string>>;
}

function readManifests(path: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS() as Manifest);
}

describe.each(manifests)("%s", (path) => {
  it("is taken by a real API server, field by field", async () => {
    const outcome = await kubectl("apply", "--dry-run=server", "--validate=strict", `--filename=${path}`);
    checkExit(outcome);
    expect(outcome.stdout.trim().split("\n")).toHaveLength(readManifests(path).length);
    expect(outcome.stderr).toBe("");
  });

  it("asks for no right in the cluster", () => {
    const all = readManifests(path);
    expect(all.map(({ kind }) => kind).filter((kind) => /Role/.test(kind))).toEqual([]);
    const pods = all.flatMap(({ spec }) => spec?.template?.spec ?? (spec?.automountServiceAccountToken === undefined ? [] : [spec]));
    expect(pods).toHaveLength(1);
    for (const pod of pods) expect(pod?.automountServiceAccountToken).toBe(false);
  });
});

const release = { chart: join(root, "deploy", "helm", "kubepass-serve"), name: "kubepass-serve", namespace: "kubepass" };
const serveConfig = readFileSync(join(root, "deploy", "helm", "example-serve.yaml"), "utf8");

/** What helm makes of values: the documents that it would send, by kind. */
function render(values: object): ReadonlyMap<string, Manifest> {
  const { lint, files = {}, error } = askHelm({ ...release, values: { config: serveConfig, ...values } });
  expect([lint, error]).toEqual([[], undefined]);
  const texts = Object.entries(files).flatMap(([path, text]) => (path.endsWith(".txt") ? [] : [text]));
  const documents = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null));
  return new Map(documents.flatMap((document) => (document === null ? [] : [[document.kind, document] as const])));
}

describe("the Helm chart", () => {
  it.each([
    ["as it is", {}, ["ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"]],
    ["on control-plane nodes", { kind: "DaemonSet" }, ["ConfigMap", "DaemonSet", "ServiceAccount"]],
    [
      "with everything else said",
      {
        image: { repository: "registry.example.com/team/kubepass", tag: "1" },
        replicas: 3,
        filesSecret: "other-files",
        ports: { review: 9443, operations: 9080 },
        resources: { limits: { memory: "1Gi", cpu: "2" } },
        priorityClassName: "",
        terminationGracePeriodSeconds: 60,
        config: `${serveConfig}\n\n# {{ not helm's }}\n`,
      },
      ["ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"],
    ],
  ])("%s has nothing for helm lint, is taken by a real API server, and asks for no right", async (_name, values, kinds) => {
    const documents = render(values);
    expect([...documents.keys()].toSorted()).toEqual(kinds);
    const file = join(folder, "rendered.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: [...documents.values()] }));
    const outcome = await kubectl("apply", "--dry-run=server", "--validate=strict", `--filename=${file}`);
    checkExit(outcome);
    expect([outcome.stdout.trim().split("\n").length, outcome.stderr]).toEqual([kinds.length, ""]);
    const config = { config: serveConfig, ...values }.config;
    expect(documents.get("ConfigMap")?.data?.["serve.yaml"]?.trimEnd()).toBe(config.trimEnd());
  });

  it.each(["Deployment", "DaemonSet"])("makes the pods of the plain manifest of a %s, but for where files come from", (kind) => {
    const plain = readManifests(join(root, "deploy", "manifests", `${kind.toLowerCase()}.yaml`)).find((each) => each.kind === kind);
    const ours = render({ kind }).get(kind);
    // Two releases in one namespace are told apart by one more label.
    const podOf = (manifest: Manifest | undefined): unknown =>
      JSON.parse(
        JSON.stringify({ ...manifest?.spec?.template?.spec, volumes: undefined }, (key, value: unknown) =>
          key === "app.kubernetes.io/instance" ? undefined : value,
        ),
      );
    expect(podOf(ours)).toEqual(podOf(plain));
  });

  it("gives the rights of the plain manifest, and a token, where mappings are objects of the cluster", async () => {
    const documents = render({ mappings: true });
    const plain = readManifests(rights).map((document) => JSON.stringify(document));
    expect([...documents.values()].filter(({ kind }) => /Role/.test(kind)).map((document) => JSON.stringify(document))).toEqual(plain);
    expect(documents.get("Deployment")?.spec?.template?.spec.automountServiceAccountToken).toBe(true);
    checkExit(await kubectl("apply", "--dry-run=server", "--validate=strict", `--filename=${rights}`));
  });

  it("monitors pods when asked to", () => {
    expect(render({ podMonitor: true }).get("PodMonitor")?.spec).toMatchObject({
      podMetricsEndpoints: [{ port: "operations", path: "/metrics" }],
    });
  });

  it.each([
    ["no configuration", { config: "" }, /config is needed/],
    ["another kind", { kind: "StatefulSet" }, /kind/],
    ["a value that is not known", { replica: 3 }, /replica/],
    ["a port that is none", { ports: { review: "https" } }, /review/],
  ])("refuses %s", (_name, values, reason) => {
    const { error, lint } = askHelm({ ...release, values: { config: serveConfig, ...values } });
    expect(error ?? lint.join()).toMatch(reason);
  });
});

describe("the image", () => {
  it("needs the executable and the C library alone, and nothing that can be written", async () => {
    const image = join(folder, "image");
    const libraries = execFileSync(getProgram("ldd"), [cluster.program], { encoding: "utf8" }).match(/\/\S+\.so\S*/g) ?? [];
    expect(libraries.length).toBeGreaterThan(1);
    for (const path of [...libraries, "/usr/local/bin/kubepass"]) {
      mkdirSync(join(image, dirname(path)), { recursive: true });
      copyFileSync(path.endsWith("kubepass") ? cluster.program : realpathSync(path), join(image, path));
    }
    for (const name of ["proc", "dev", "etc"]) mkdirSync(join(image, name));
    const [own = 0, operations = 0] = await findFreePorts(2);
    const config = join(image, "etc", "kubepass");
    execFileSync(cluster.program, ["serve", "init", `--folder=${config}`, `--address=127.0.0.1:${own}`], {
      env: { HOME: folder },
      stdio: "ignore",
    });
    const file = join(config, "serve.yaml");
    writeFileSync(
      file,
      serveConfig.replace(":8443", `:${own}`).replace(":8080", `:${operations}`).replace("graceSeconds: 10", "graceSeconds: 0"),
    );
    const mounts = [
      'mount --bind "$0" "$0"',
      'mount --rbind /proc "$0/proc"',
      'mount --rbind /dev "$0/dev"',
      'mount -o remount,bind,ro "$0"',
    ];
    const run = 'exec chroot "$0" /usr/local/bin/kubepass serve --config=/etc/kubepass/serve.yaml --output=json';
    const args = ["--user", "--map-root-user", "--mount", "sh", "-c", [...mounts, run].join(" && "), image];
    const isReady = async (): Promise<boolean> => (await askOperations(operations, "/readyz")).status === 200;
    const daemon = await startDaemon({ name: "serve-image", program: "unshare", args, isReady });
    await daemon.stop();
    expect(daemon.output()).toContain('"message":"stopped"');
  });
});
