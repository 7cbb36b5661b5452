import type { Scope } from "./composer.ts";
import { MacroComposer } from "./macro-composer.ts";
import type { Random } from "./random.ts";
import { topics } from "./samples.ts";
import { isGeneric, operator, parseType, substitute, unify, type Declaration } from "./signatures.ts";

/** Makes expressions of a wanted type, mostly well typed, out of every function that there is. */
export class Generator extends MacroComposer {
  private readonly declarations: readonly Declaration[];

  constructor(random: Random, declarations: readonly Declaration[], environment: "claims" | "user") {
    super(random, environment);
    this.declarations = declarations;
  }

  /** An expression of any type. */
  expression(): string {
    const { random } = this;
    const depth = random.pick([1, 2, 2, 3, 3, 4]);
    if (random.chance(0.3)) return this.application(random.pick(this.declarations), depth, { variables: [] });
    return this.make(this.anyType(2), depth, { variables: [] });
  }

  protected override compound(type: string, depth: number, scope: Scope): string {
    const { random } = this;
    if (random.chance(0.12))
      return `(${this.make("bool", depth - 1, scope)} ? ${this.make(type, depth - 1, scope)} : ${this.make(type, depth - 1, scope)})`;
    if (random.chance(0.06))
      return `${this.make(`optional_type(${type})`, depth - 1, scope)}.orValue(${this.make(type, depth - 1, scope)})`;
    if (random.chance(0.06)) return `${this.receiver(`list(${type})`, depth - 1, scope)}[${this.make("int", 0, scope)}]`;
    if (random.chance(0.05)) return this.optionalMacro(type, depth, scope);
    const special = random.chance(0.35) ? this.special(type, depth, scope) : undefined;
    if (special !== undefined) return special;
    const fitting = this.declarations.filter(
      (declaration) => unify(declaration.result, type) !== undefined && !isGeneric(declaration.result),
    );
    const generic = this.declarations.filter(
      (declaration) => isGeneric(declaration.result) && unify(declaration.result, type) !== undefined,
    );
    const pool = fitting.length > 0 && random.chance(0.8) ? fitting : [...fitting, ...generic];
    if (pool.length === 0) return this.leaf(type, scope);
    return this.application(random.pick(pool), depth, scope, type);
  }

  private special(type: string, depth: number, scope: Scope): string | undefined {
    const [name = "", ...parameters] = parseType(type);
    if (name === "bool") return this.test(depth, scope);
    if (name === "list") return this.listMacro(parameters[0] ?? "int", depth, scope);
    if (name === "map") return this.mapMacro(parameters, depth, scope);
    if (name === "optional_type") return this.optional(parameters[0] ?? "int", depth, scope);
    return undefined;
  }

  private application(declaration: Declaration, depth: number, scope: Scope, wanted?: string): string {
    const { name, parameters, isMember } = declaration;
    const known = (wanted === undefined ? undefined : unify(declaration.result, wanted)) ?? new Map<string, string>();
    const texts = parameters.map((type, index) => {
      const isTopic = parameters.length === 1 || index > 0 || name === "format";
      const bound = substitute(type, known, () => this.anyType(1));
      return this.make(bound, depth - 1, scope, isTopic ? topics[name] : undefined);
    });
    if (/^[_!@-]/.test(name)) return operator(name, texts);
    return isMember ? this.memberCall(name, texts) : `${name}(${texts.join(", ")})`;
  }

  private memberCall(name: string, [first = "", ...rest]: readonly string[]): string {
    const isSimple = /^[\w.]+$|^"[^"]*"$|\)$|\]$/.test(first) && !/[?]|==|&&|\|\||^[-!]| [<>+*/%-] /.test(first);
    return `${isSimple ? first : `(${first})`}.${name}(${rest.join(", ")})${this.random.chance(0.01) ? ".x" : ""}`;
  }

  /** An expression with a small mistake in it. */
  mutated(): string {
    const { random } = this;
    const text = this.expression();
    const at = random.below(text.length);
    const noise = [
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      ".",
      ",",
      "?",
      ":",
      "!",
      "-",
      "+",
      "==",
      "&&",
      "'",
      '"',
      " in ",
      "1",
      "a",
      "null",
      "u",
      "\\",
      "`x`",
      "//",
      "@",
      "=",
      "&",
      "r",
      "b",
      "0x",
      "e",
      "claims",
      "as",
      "\n",
      "'''",
    ];
    const kind = random.below(3);
    if (kind === 0) return text.slice(0, at) + text.slice(at + 1);
    if (kind === 1) return text.slice(0, at) + random.pick(noise) + text.slice(at);
    return text.slice(0, at) + random.pick(noise) + text.slice(at + 1 + random.below(3));
  }
}
