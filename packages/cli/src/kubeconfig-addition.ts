import {
  editKubeconfigFile,
  type EditOptions,
  type EditResult,
  emptyKubeconfig,
  formatKubeconfig,
  type Kubeconfig,
  type KubeconfigChange,
  type KubeconfigDocument,
  parseKubeconfig,
} from "@kubepass/kubeconfig";
import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { type WantedStanza, whatToWrite } from "./plugin-stanza.ts";

/** A user that signs in with kubepass and a context with it, each in the file where it counts. */
export interface Addition {
  readonly user: { readonly name: string; readonly path: string; readonly wanted: WantedStanza };
  /** Without a path it stands somewhere else already, and stays as it is. */
  readonly context: { readonly name: string; readonly path: string | undefined; readonly content: JsonObject };
  /** Whether both are written anew, and not into what is there. */
  readonly isReplacing: boolean;
  /** The file whose current context it becomes. */
  readonly selectedIn: string | undefined;
}

/** A file that an addition was written to. */
export interface AddedFile extends EditResult {
  readonly path: string;
}

function setUser({ user: { name, wanted }, isReplacing }: Addition, document: KubeconfigDocument, before: Kubeconfig): void {
  const existing = before.users.get(name);
  // What somebody added to a user, such as variables for the plugin, stays.
  if (isReplacing || existing === undefined) document.setEntry("users", name, { exec: wanted.exec });
  else document.setMembers("users", name, "exec", existing.exec === undefined ? wanted.exec : whatToWrite(wanted, existing.exec));
}

function setContext({ context, isReplacing }: Addition, document: KubeconfigDocument, before: Kubeconfig): void {
  const { name, content } = context;
  const { namespace } = content;
  // A namespace that somebody chose for it stays.
  if (isReplacing || !before.contexts.has(name)) document.setEntry("contexts", name, content);
  else if (typeof namespace === "string") document.setText("contexts", name, ["namespace"], namespace);
}

function toChange(addition: Addition, path: string): KubeconfigChange {
  const { user, context, selectedIn } = addition;
  return (document, before) => {
    if (user.path === path) setUser(addition, document, before);
    if (context.path === path) setContext(addition, document, before);
    if (selectedIn === path) document.setCurrentContext(context.name);
  };
}

/** Writes an addition file by file, the user first: a context without its user would be of no use. */
export async function writeAddition(
  addition: Addition,
  nameCopy: (path: string) => string | undefined,
  options: EditOptions,
): Promise<readonly AddedFile[]> {
  const { user, context, selectedIn } = addition;
  const files: AddedFile[] = [];
  for (const path of new Set([user.path, context.path ?? user.path, selectedIn ?? user.path])) {
    const result = await editKubeconfigFile(path, toChange(addition, path), { ...options, backup: nameCopy(path) });
    files.push({ ...result, path });
  }
  return files;
}

function pick<T>(entries: ReadonlyMap<string, T>, name: string, isPicked: boolean): ReadonlyMap<string, T> {
  return new Map([...entries].filter(([each]) => isPicked && each === name));
}

/** The entries of an addition as they stand in a file after it, with what they had before and without secrets. */
export function formatAdded({ user, context, selectedIn }: Addition, { path, after }: AddedFile): JsonObject {
  const whole = parseKubeconfig(after);
  const users = pick(whole.users, user.name, user.path === path);
  const contexts = pick(whole.contexts, context.name, context.path === path);
  const formatted = formatKubeconfig({ ...emptyKubeconfig, users, contexts }, "redact");
  const entries = {
    users: formatted["users"],
    contexts: formatted["contexts"],
    "current-context": selectedIn === path ? context.name : undefined,
  };
  // An empty list is written for nobody who has none.
  const written: unknown = JSON.parse(JSON.stringify(entries, (_, value: unknown) => value ?? undefined));
  return isJsonObject(written) ? written : {};
}

/** Which entries of an addition a file got, and where it was copied before. */
export function describeAdded({ user, context, selectedIn }: Addition, { path, backup }: AddedFile): string {
  const parts = [
    ...(user.path === path ? [`the user ${user.name}`] : []),
    ...(context.path === path ? [`the context ${context.name}`] : []),
    ...(selectedIn === path && context.path !== path ? ["the current context"] : []),
  ];
  return `wrote ${parts.join(" and ")} to ${path}\n${backup === undefined ? "" : `as it was before: ${backup}\n`}`;
}
