import { CredentialError } from "@kubepass/wire";
import { decodeText } from "../decode-text.ts";
import type { Kubeconfig } from "../kubeconfig.ts";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { findFile } from "../read-file.ts";
import { listDifferences } from "./compare-kubeconfigs.ts";
import { KubeconfigDocument, type KubeconfigList } from "./kubeconfig-document.ts";
import { type LockOptions, withKubeconfigLock } from "./lock-file.ts";
import { backUp, writeAtomically } from "./write-atomically.ts";

/** What changes a kubeconfig. */
export type KubeconfigChange = (document: KubeconfigDocument, before: Kubeconfig) => void;

/** The names that a change set or removed, so that everything else can be checked to be as it was. */
class RecordingDocument extends KubeconfigDocument {
  readonly touched = new Set<string>();

  override setEntry(...[list, name, content]: Parameters<KubeconfigDocument["setEntry"]>): void {
    this.touched.add(`${list}/${name}`);
    super.setEntry(list, name, content);
  }

  override setText(...[list, name, keys, text]: Parameters<KubeconfigDocument["setText"]>): void {
    this.touched.add(`${list}/${name}`);
    super.setText(list, name, keys, text);
  }

  override setMembers(...[list, name, key, content]: Parameters<KubeconfigDocument["setMembers"]>): void {
    this.touched.add(`${list}/${name}`);
    super.setMembers(list, name, key, content);
  }

  override replaceMember(...[list, name, old, key, content]: Parameters<KubeconfigDocument["replaceMember"]>): void {
    this.touched.add(`${list}/${name}`);
    super.replaceMember(list, name, old, key, content);
  }

  override removeEntry(list: KubeconfigList, name: string): boolean {
    this.touched.add(`${list}/${name}`);
    return super.removeEntry(list, name);
  }

  override setCurrentContext(name: string): void {
    this.touched.add("current-context");
    super.setCurrentContext(name);
  }
}

/**
 * The text of a kubeconfig after a change, with comments, order, unknown fields and everything else as it was. Throws
 * `KUBECONFIG_INVALID` when the text is no kubeconfig, before or after, or when the change would change other entries as well.
 */
export function editKubeconfigText(text: string, change: KubeconfigChange): string {
  const before = parseKubeconfig(text);
  const document = new RecordingDocument(text);
  change(document, before);
  const edited = document.toString();
  const after = parseKubeconfig(edited);
  if (listDifferences(before, after).some((part) => !document.touched.has(part))) {
    throw new CredentialError("INTERNAL", "editing would change entries of the kubeconfig that were not meant", {
      hint: "nothing was written; please report this with the kubeconfig, its secrets taken out",
    });
  }
  return edited;
}

/** How a file is edited. */
export interface EditOptions extends LockOptions {
  /** Where the old file is copied first, or beside it with a number where that is taken; not when there was none. */
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
    const backup = result.before === "" || options.backup === undefined ? undefined : backUp(path, options.backup);
    writeAtomically(path, result.after);
    return { ...result, backup };
  };
  return await withKubeconfigLock(path, edit, options);
}
