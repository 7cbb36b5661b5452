import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Environment variables of a child. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The demo's own home, so that nothing of the person's is read or written. */
export interface DemoFolder {
  readonly path: string;
  readonly kubeconfig: string;
  readonly certificateAuthority: string;
  readonly browserProgram: string;
  readonly browserReport: string;
  /** For everything that the demo starts. */
  readonly variables: Variables;
  /** For kubepass, also when it is started from another terminal: its folders, wherever the home is. */
  readonly pluginVariables: Readonly<Record<string, string>>;
  remove(): void;
}

const foreign = /^(KUBEPASS_|KUBE|KUBECTL_|XDG_\w+_HOME$)/;
const homes = ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"];

/** Makes a private temporary folder. */
export function createFolder(variables: Variables): DemoFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "kubepass-demo-")));
  const kubeconfig = join(path, "kubeconfig");
  const runtime = join(path, "runtime");
  mkdirSync(runtime, { mode: 0o700 });
  const kept = Object.entries(variables).filter(([name]) => !foreign.test(name));
  const kinds = ["config", "state", "cache", "runtime"];
  return {
    path,
    kubeconfig,
    certificateAuthority: join(path, "ca.pem"),
    browserProgram: join(path, "browser.mjs"),
    browserReport: join(path, "browser.json"),
    variables: {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(homes.map((name) => [name, path])),
      XDG_RUNTIME_DIR: runtime,
      KUBECONFIG: kubeconfig,
    },
    pluginVariables: Object.fromEntries(kinds.map((kind) => [`KUBEPASS_${kind.toUpperCase()}_DIR`, join(path, kind)])),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The person's own places, for a browser that the person already uses. */
export function selectOwnPlaces(variables: Variables): Readonly<Record<string, string>> {
  const names = [...homes, "XDG_RUNTIME_DIR"];
  const found = names.map((name) => [name, variables[name]]).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(found);
}
