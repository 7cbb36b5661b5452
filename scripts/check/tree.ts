import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type SourceModule, parseModule } from "./source-module.ts";

/** The text files of the project by path from its root (with `/`), whether on disk or made up by a test. */
export class Tree {
  readonly root: string;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #modules = new Map<string, SourceModule>();

  constructor(root: string, texts: Readonly<Record<string, string>>) {
    this.root = root;
    this.#texts = new Map(Object.entries(texts));
  }

  /** The paths that match, in order. */
  paths(pattern: RegExp): readonly string[] {
    return [...this.#texts.keys()].filter((path) => pattern.test(path)).toSorted();
  }

  has(path: string): boolean {
    return this.#texts.has(path);
  }

  /** The text of a file that must exist. */
  text(path: string): string {
    const text = this.#texts.get(path);
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  }

  /** A TypeScript file, parsed once. */
  module(path: string): SourceModule {
    const known = this.#modules.get(path) ?? parseModule(path, this.text(path));
    this.#modules.set(path, known);
    return known;
  }
}

function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 8000).includes(0);
}

/** The files that git tracks or would track, so that a new file is judged before it is committed. */
export function readTree(root: string): Tree {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  const texts: Record<string, string> = {};
  for (const path of new Set(listed.split("\0"))) {
    const file = join(root, path);
    if (path === "" || !(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) continue;
    const bytes = readFileSync(file);
    if (isText(bytes)) texts[path] = bytes.toString("utf8");
  }
  return new Tree(root, texts);
}
