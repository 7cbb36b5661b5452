import { type Alias, type Document, isAlias, isNode, type Node, visit } from "yaml";
import { refuseKubeconfig } from "../invalid.ts";

// Far more than any entry has; an anchor may hold aliases of anchors that hold aliases.
const maxCopied = 100_000;

/** The anchors and aliases of a document that is being changed. */
export class DocumentAliases {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  #target(alias: Alias): Node {
    const target: unknown = alias.resolve(this.#document);
    if (!isNode(target) || isAlias(target)) throw refuseKubeconfig("an alias names an anchor that does not exist");
    return target;
  }

  /** What a node stands for: itself, unless it is an alias. Throws `KUBECONFIG_INVALID` for an alias of nothing. */
  resolve(node: unknown): unknown {
    return isAlias(node) ? this.#target(node) : node;
  }

  /** A node that may be changed for one place alone: itself, or a copy, without anchors and aliases, of what an alias stands for. */
  copy(node: unknown): unknown {
    return isAlias(node) ? this.#expand(node, { left: maxCopied, open: new Set() }) : node;
  }

  #expand(alias: Alias, budget: { left: number; readonly open: Set<Node> }): Node {
    const target = this.#target(alias);
    if (budget.open.has(target)) throw refuseKubeconfig("an anchor contains itself");
    budget.open.add(target);
    const inner: Alias[] = [];
    visit(target, { Alias: (_key, found) => void inner.push(found) });
    // Aliases are looked up where they stand, in the document; in a copy they would stand nowhere.
    const expanded = inner.map((each) => this.#expand(each, budget));
    budget.open.delete(target);
    const copied = target.clone();
    if (!isNode(copied)) throw refuseKubeconfig("an alias stands for nothing that can be copied");
    visit(copied, {
      Node: (_key, found) => {
        budget.left -= 1;
        if (budget.left < 0) throw refuseKubeconfig("the text expands aliases excessively");
        if (!isAlias(found)) delete found.anchor;
      },
    });
    visit(copied, { Alias: () => expanded.shift() });
    return copied;
  }

  #listShared(): ReadonlySet<Node> {
    const shared = new Set<Node>();
    visit(this.#document, { Alias: (_key, alias) => void shared.add(this.#target(alias)) });
    return shared;
  }

  #refuse(): Error {
    return refuseKubeconfig(
      "what would change is shared with other places by a YAML anchor",
      "write it out in each place, without the anchor, and try again",
    );
  }

  /** Throws `KUBECONFIG_INVALID` when other places stand for this very node, and would change with it. */
  requireUnshared(node: unknown): void {
    if (isNode(node) && !isAlias(node) && node.anchor !== undefined && this.#listShared().has(node)) throw this.#refuse();
  }

  /** Throws `KUBECONFIG_INVALID` when a node cannot go away because other places stand for something in it. */
  requireFree(node: unknown): void {
    if (!isNode(node)) return;
    const anchored: Node[] = [];
    visit(node, { Value: (_key, found) => void (found.anchor === undefined ? 0 : anchored.push(found)) });
    if (anchored.length === 0) return;
    const shared = this.#listShared();
    if (anchored.some((each) => shared.has(each))) throw this.#refuse();
  }
}
