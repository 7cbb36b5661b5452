import type { BackendView } from "../mapping/map-identity.ts";
import { type BackendName, backendNames } from "../mapping/rule.ts";
import type { Backend } from "./backend.ts";
import { type FileWatch, watchFile } from "./watched-file.ts";

const oldNames: Readonly<Record<string, BackendName>> = { File: "MountedFile", ConfigMap: "EKSConfigMap" };

/** A backend by its name or its old name; `undefined` when there is none. */
export function findBackendName(text: string): BackendName | undefined {
  return backendNames.find((name) => name === text) ?? (Object.hasOwn(oldNames, text) ? oldNames[text] : undefined);
}

/** The backends in a text with blanks or commas between; `undefined` when one is unknown, one is there twice, or none is. */
export function parseBackendModes(text: string): readonly BackendName[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const names = words.map((word) => findBackendName(word));
  const known = names.filter((name) => name !== undefined);
  return known.length === 0 || known.length !== names.length || new Set(known).size !== known.length ? undefined : known;
}

function parseModeFile(content: string): readonly BackendName[] | undefined {
  try {
    const value: unknown = JSON.parse(content);
    const mode: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "backendMode") : undefined;
    return typeof mode === "string" ? parseBackendModes(mode) : undefined;
  } catch {
    return undefined;
  }
}

/** What a chain is made of. */
export interface BackendChainOptions {
  readonly modes: readonly BackendName[];
  /** Starts a backend; asked once for each name that is ever in the chain. */
  readonly start: (name: BackendName) => Backend;
  /** A JSON file whose `backendMode` replaces the modes while it exists. */
  readonly modeFile?: Omit<FileWatch, "onContent"> | undefined;
}

/** The backends in their order, which a file may change while the server runs. */
export class BackendChain {
  readonly #options: BackendChainOptions;
  readonly #started = new Map<BackendName, Backend>();
  readonly #controller = new AbortController();
  readonly #ended: Promise<void>;
  #order: readonly Backend[];

  constructor(options: BackendChainOptions) {
    this.#options = options;
    this.#order = this.#arrange(options.modes);
    const { modeFile } = options;
    const onContent = (content: string | undefined): void => this.#follow(content);
    this.#ended = modeFile === undefined ? Promise.resolve() : watchFile({ ...modeFile, onContent }, this.#controller.signal);
  }

  /** What the backends know now, in order. */
  views(): readonly BackendView[] {
    return this.#order.map((backend) => backend.view());
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#controller.abort();
    await Promise.all([this.#ended, ...[...this.#started.values()].map(async (backend) => await backend.close())]);
  }

  #arrange(modes: readonly BackendName[]): readonly Backend[] {
    return modes.map((name) => {
      const started = this.#started.get(name) ?? this.#options.start(name);
      this.#started.set(name, started);
      return started;
    });
  }

  #follow(content: string | undefined): void {
    const modes = content === undefined ? this.#options.modes : parseModeFile(content);
    if (modes === undefined) this.#options.modeFile?.onFailure("the file of backend modes is broken: the order stays as it is");
    else this.#order = this.#arrange(modes);
  }
}
