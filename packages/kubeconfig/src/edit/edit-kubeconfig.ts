import { isDeepStrictEqual } from "node:util";
import { CredentialError } from "@kubepass/wire";
import { decodeText } from "../decode-text.ts";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import type { Kubeconfig } from "../kubeconfig.ts";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { findFile } from "../read-file.ts";
import { KubeconfigDocument, type KubeconfigList } from "./kubeconfig-document.ts";
import { type LockOptions, withKubeconfigLock } from "./lock-file.ts";
import { backUp, writeAtomically } from "./write-atomically.ts";

/** What changes a kubeconfig. */
export type KubeconfigChange = (document: KubeconfigDocument, before: Kubeconfig) => void;

const lists: readonly KubeconfigList[] = ["clusters", "users", "contexts"];

/** The entries that are there before and after; what an edit adds, removes or sets is told by {@link KubeconfigChange} alone. */
function countChanged(before: Kubeconfig, after: Kubeconfig): number {
  const [old, made] = [formatKubeconfig(before, "reveal"), formatKubeconfig(after, "reveal")];
  const changed = lists.flatMap((list) => {
    const [left, right] = [before[list], after[list]];
    return [...left.keys()].filter((name) => !isDeepStrictEqual(left.get(name), right.get(name)));
  });
  return changed.length + (isDeepStrictEqual(old["extensions"], made["extensions"]) ? 0 : 1);
}

/** The names that a change set or removed, so that everything else can be checked to be as it was. */
class RecordingDocument extends KubeconfigDocument {
  readonly touched: string[] = [];

  override setEntry(...[list, name, content]: Parameters<KubeconfigDocument["setEntry"]>): void {
    this.touched.push(`${list}/${name}`);
    super.setEntry(list, name, content);
  }

  override setText(...[list, name, keys, text]: Parameters<KubeconfigDocument["setText"]>): boolean {
    this.touched.push(`${list}/${name}`);
    return super.setText(list, name, keys, text);
  }

  override removeEntry(list: KubeconfigList, name: string): boolean {
    this.touched.push(`${list}/${name}`);
    return super.removeEntry(list, name);
  }
}

/**
 * The text of a kubeconfig after a change, with comments, order, unknown fields and everything else as it was. Throws
 * `KUBECONFIG_INVALID` when the text is no kubeconfig, before or after.
 */
export function editKubeconfigText(text: string, change: KubeconfigChange): string {
  const before = parseKubeconfig(text);
  const document = new RecordingDocument(text);
  change(document, before);
  const edited = document.toString();
  const after = parseKubeconfig(edited);
  if (countChanged(before, after) > new Set(document.touched).size) {
    throw new CredentialError("INTERNAL", "editing would change entries of the kubeconfig that were not meant", {
      hint: "nothing was written; please report this with the kubeconfig, its secrets taken out",
    });
  }
  return edited;
}

/** How a file is edited. */
export interface EditOptions extends LockOptions {
  /** Where the old file is copied first; not when there was none. */
  readonly backup?: string | undefined;
  /** Computes the new text and writes nothing, not even a lock. */
  readonly isDryRun?: boolean | undefined;
}

/** What an edit did, or would do. */
export interface EditResult {
  /** `""` when there was no file. */
  readonly before: string;
  readonly after: string;
  /** The copy of the old file. */
  readonly backup?: string | undefined;
}

/**
 * Edits a kubeconfig file, or makes a new one: under client-go's lock, read and written as a whole, atomically. Throws
 * `KUBECONFIG_INVALID`, `KUBECONFIG_LOCKED`, `KUBECONFIG_UNWRITABLE` and `FILE_UNREADABLE`; the file is then as it was.
 */
export async function editKubeconfigFile(path: string, change: KubeconfigChange, options: EditOptions = {}): Promise<EditResult> {
  const compute = (): EditResult => {
    const bytes = findFile(path);
    const before = bytes === undefined ? "" : decodeText(bytes);
    return { before, after: editKubeconfigText(before, change) };
  };
  if (options.isDryRun === true) return compute();
  const edit = (): EditResult => {
    const result = compute();
    if (result.after === result.before) return result;
    const backup = result.before === "" ? undefined : options.backup;
    if (backup !== undefined) backUp(path, backup);
    writeAtomically(path, result.after);
    return { ...result, backup };
  };
  return await withKubeconfigLock(path, edit, options);
}
