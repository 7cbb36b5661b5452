import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { generateKubeconfig } from "./generate-kubeconfig.ts";
import type { Random } from "./random.ts";
import { writeText } from "./write-text.ts";

/** One question for both sides. */
export interface ConfigCase {
  /** The files that were damaged on purpose; not part of the question. */
  readonly damaged: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly path: string;
  readonly defaultServer: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const flagValues: Readonly<Record<string, readonly string[]>> = {
  context: ["a", "b", "c", "nowhere"],
  cluster: ["a", "b", "nowhere"],
  user: ["a", "b", "nowhere"],
  namespace: ["flagged", "ns/flagged", "NameSpace/flagged", "ns/", "namespaces/x"],
  server: ["https://flag.example", "http://flag.example", "flag.example:1"],
  tlsServerName: ["flag-name"],
  insecureSkipTlsVerify: ["true"],
  certificateAuthority: ["/etc/hostname", "/nowhere/flag-ca"],
  clientCertificate: ["/etc/hostname", "/nowhere/flag-cert"],
  clientKey: ["/etc/hostname"],
  token: ["flag-token"],
  tokenFile: ["/etc/hostname"],
  username: ["flag-user"],
  password: ["flag-password"],
  impersonate: ["flag-as"],
  impersonateUid: ["7"],
  requestTimeout: ["0", "5", "1m30s", "1.5h", "abc", "-5s", "500ms", "5 s", "1h1h", "+3", ".5s", "-5", "99999999999999999999", "1d"],
  proxyUrl: ["http://flag-proxy:1"],
  disableCompression: ["true"],
};

/** Writes kubeconfigs and what they refer to; returns the places of the damaged ones. */
function writeFiles(random: Random, folder: string, places: readonly string[]): readonly string[] {
  const damaged: string[] = [];
  for (const place of places) {
    const path = join(folder, place);
    mkdirSync(dirname(path), { recursive: true });
    if (random.chance(0.01)) mkdirSync(path);
    else {
      const { bytes, isDamaged } = writeText(random, generateKubeconfig(random));
      writeFileSync(path, bytes);
      if (isDamaged) damaged.push(path);
    }
    if (random.chance(0.5)) writeFileSync(join(dirname(path), "ca.crt"), "certificate");
    if (random.chance(0.6)) writeFileSync(join(dirname(path), "token.txt"), "file-token\n");
  }
  return damaged;
}

function chooseFlags(random: Random): Readonly<Record<string, string>> {
  if (random.chance(0.4)) return {};
  const chosen = random.some(Object.entries(flagValues), 0.08);
  return Object.fromEntries(chosen.map(([name, values]) => [name, random.pick(values)]));
}

/** Another way to name a file from the working folder, in which both sides are. */
function nameRelatively(random: Random, path: string): string {
  const name = relative(process.cwd(), path);
  return random.pick([name, `./${name}`, `${dirname(name)}/../${relative(dirname(dirname(name)), name)}`, `.//${name}`]);
}

/** By what name each file is asked for. */
function nameFiles(random: Random, paths: readonly string[]): ReadonlyMap<string, string> {
  const isRelative = random.chance(0.3);
  return new Map(paths.map((path) => [path, isRelative && random.chance(0.7) ? nameRelatively(random, path) : path]));
}

/** The entries of KUBECONFIG: the files, and what may be missing, empty or there twice. */
function listNames(random: Random, folder: string, paths: readonly string[]): readonly string[] {
  const extras = random.some(["", join(folder, "missing"), paths[0] ?? ""], 0.15);
  if (random.chance(0.03)) return [join(folder, "absent"), join(folder, "gone")];
  return [...extras.slice(0, 1), ...paths, ...extras.slice(1)];
}

/** Writes the files of one case below a folder and returns the question. The folder is emptied first. */
export function generateCase(random: Random, folder: string): ConfigCase {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "home", ".kube"), { recursive: true });
  const kind = random.below(10);
  const list = ["one/config", "two/config.yaml", "three/deep/config"].slice(0, 1 + random.below(3));
  const places = kind < 2 ? ["home/.kube/config"] : list;
  const damaged = writeFiles(random, folder, places);
  const names = nameFiles(
    random,
    places.map((place) => join(folder, place)),
  );
  const paths = [...names.values()];
  const listed = listNames(random, folder, paths);
  const environment: Record<string, string> = { HOME: join(folder, "home") };
  if (kind >= 2 && kind < 9) environment["KUBECONFIG"] = listed.join(":");
  return {
    damaged: damaged.flatMap((path) => [path, names.get(path) ?? path]),
    environment,
    path: kind === 9 ? random.pick([...paths, ...paths, join(folder, "missing")]) : "",
    defaultServer: random.chance(0.3) ? "http://localhost:8080" : "",
    flags: chooseFlags(random),
    groups: random.chance(0.05) ? ["flag-group"] : [],
    extra: random.chance(0.05) ? { flagged: ["x"], scopes: ["flag"] } : {},
  };
}

/** One case inside of a pod, with a kubeconfig or without one. */
export function generatePodCase(random: Random, folder: string): ConfigCase {
  const { environment, ...question } = generateCase(random, folder);
  const pod = {
    KUBERNETES_SERVICE_HOST: random.pick(["10.0.0.1", "fd00::1", "kubernetes.default.svc", ""]),
    KUBERNETES_SERVICE_PORT: random.pick(["443", "6443", "443", ""]),
    POD_NAMESPACE: random.pick(["", "", "own"]),
  };
  if (random.chance(0.4)) return { ...question, environment: { ...environment, ...pod } };
  return { ...question, path: "", environment: { HOME: join(folder, "nobody"), ...pod } };
}
