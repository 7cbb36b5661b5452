import { literalMakers } from "./literals.ts";
import type { Random } from "./random.ts";
import { topics, type SampleKind } from "./samples.ts";

/** An overload as the oracle lists it. */
export interface Declaration {
  readonly name: string;
  readonly isMember: boolean;
  readonly parameters: readonly string[];
  readonly result: string;
}

function splitTypes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = "";
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth === 0 && character === separator) {
      parts.push(current.trim());
      current = "";
    } else current += character;
  }
  return [...parts, current.trim()].filter((part) => part !== "");
}

/** The oracle's list of overloads. Operators with their own syntax and what rules cannot reach are left out. */
export function parseDeclarations(text: string): readonly Declaration[] {
  const shorten = (type: string): string =>
    type.replaceAll("google.protobuf.Duration", "duration").replaceAll("google.protobuf.Timestamp", "timestamp");
  return text.split("\n").flatMap((line) => {
    const [name, id, style, parameters, result] = line.split("\t");
    if (name === undefined || id === undefined || parameters === undefined || result === undefined) return [];
    if (/authorization|^_in_$|^in$|not_strictly|^@sort|mapInsert/.test(line)) return [];
    return [{ name, isMember: style === "member", parameters: splitTypes(shorten(parameters).slice(1, -1), " "), result: shorten(result) }];
  });
}

const scalars = ["bool", "int", "uint", "double", "string", "string", "bytes", "duration", "timestamp"];
const opaque = ["kubernetes.Quantity", "net.IP", "net.CIDR", "kubernetes.URL", "kubernetes.Semver", "kubernetes.NamedFormat"];

interface Scope {
  readonly variables: readonly { readonly name: string; readonly type: string }[];
}

/** Makes expressions of a wanted type, mostly well typed, out of every function that there is. */
export class Generator {
  private readonly random: Random;
  private readonly declarations: readonly Declaration[];
  private readonly environment: "claims" | "user";
  private counter = 0;

  constructor(random: Random, declarations: readonly Declaration[], environment: "claims" | "user") {
    this.random = random;
    this.declarations = declarations;
    this.environment = environment;
  }

  /** An expression of any type. */
  expression(): string {
    const { random } = this;
    const depth = random.pick([1, 2, 2, 3, 3, 4]);
    if (random.chance(0.3)) return this.application(random.pick(this.declarations), depth, { variables: [] });
    return this.make(this.anyType(2), depth, { variables: [] });
  }

  private anyType(depth: number): string {
    const { random } = this;
    const kind = random.below(10);
    if (kind < 5 || depth === 0) return random.pick(scalars);
    if (kind === 5) return random.pick(opaque);
    if (kind === 6) return `map(${random.pick(["string", "string", "int", "uint", "bool"])}, ${this.anyType(depth - 1)})`;
    if (kind === 7) return `optional_type(${this.anyType(depth - 1)})`;
    if (kind === 8) return random.pick(["dyn", "type", "dyn", "null"]);
    return `list(${this.anyType(depth - 1)})`;
  }

  private make(type: string, depth: number, scope: Scope, topic?: SampleKind): string {
    const { random } = this;
    if (random.chance(0.02)) return this.make(this.anyType(1), depth, scope);
    const local = scope.variables.filter((variable) => variable.type === type || type === "dyn");
    if (local.length > 0 && random.chance(0.4)) return random.pick(local).name;
    if (depth <= 0 || random.chance(0.15)) return this.leaf(type, scope, topic);
    return this.compound(type, depth, scope);
  }

  private leaf(type: string, scope: Scope, topic?: SampleKind): string {
    const { random } = this;
    if (random.chance(0.15)) return this.variable();
    const maker = literalMakers[type];
    if (maker !== undefined) return maker(random, topic);
    if (type === "dyn") return random.chance(0.6) ? this.variable() : `dyn(${this.make(this.anyType(1), 0, scope)})`;
    const [name = "", ...parameters] = parseType(type);
    if (name === "list")
      return `[${Array.from({ length: random.below(4) }, () => this.leaf(parameters[0] ?? "int", scope, topic)).join(", ")}]`;
    if (name === "map") return this.mapLiteral(parameters, 0, scope);
    if (name === "optional_type")
      return random.chance(0.3) ? "optional.none()" : `optional.of(${this.leaf(parameters[0] ?? "int", scope)})`;
    return "null";
  }

  private mapLiteral(parameters: readonly string[], depth: number, scope: Scope): string {
    const entry = (): string => `${this.make(parameters[0] ?? "string", depth, scope)}: ${this.make(parameters[1] ?? "int", depth, scope)}`;
    return `{${Array.from({ length: this.random.below(3) }, entry).join(", ")}}`;
  }

  private variable(): string {
    const { random } = this;
    if (this.environment === "user")
      return random.pick([
        "user.username",
        "user.uid",
        "user.groups",
        "user.extra",
        'user.extra["example.com/x"]',
        "user.?uid",
        "user",
        "user.nope",
        "user.extra.example__dot__com__slash__x",
      ]);
    return random.pick([
      "claims.email",
      "claims.email_verified",
      "claims.n",
      "claims.i",
      "claims.s",
      "claims.groups",
      "claims.roles",
      "claims.nested",
      "claims.list",
      "claims.b",
      "claims.nul",
      'claims["k8s.io/x"]',
      "claims.a__dot__b",
      "claims.k8s__dot__io__slash__x",
      "claims.missing",
      "claims.?email",
      "claims.?missing",
      'claims[?"s"]',
      "claims.nested.x",
      "claims.nested.?x.y",
      "claims.nested.x.y",
      "claims.list[0]",
      "claims.list[1].x",
      "claims.nested.a__dot__b",
      "claims.groups[0]",
      "claims",
      "has(claims.email)",
      "has(claims.nested.x)",
      "has(claims.?nested.x)",
      "claims.nested[claims.s]",
      "claims.list[claims.i]",
      "claims.?list[?0]",
      "claims.`a.b`",
      ".claims.email",
    ]);
  }

  private compound(type: string, depth: number, scope: Scope): string {
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

  private fresh(): string {
    this.counter += 1;
    return this.random.chance(0.1) ? this.random.pick(["x", "claims", "i"]) : `v${this.counter}`;
  }

  private range(scope: Scope, depth: number): { text: string; element: string } {
    const element = this.random.pick([...scalars, "dyn"]);
    if (this.random.chance(0.15))
      return {
        text: this.random.pick(
          this.environment === "user" ? ["user.groups", "user.extra"] : ["claims.groups", "claims.list", "claims.nested", "claims"],
        ),
        element: "dyn",
      };
    if (this.random.chance(0.15)) return { text: this.mapLiteral(["string", element], 0, scope), element: "string" };
    return { text: this.receiver(`list(${element})`, depth - 1, scope), element };
  }

  private test(depth: number, scope: Scope): string {
    const { random } = this;
    const { text, element } = this.range(scope, depth);
    const first = this.fresh();
    if (random.chance(0.5)) {
      const inner = { variables: [...scope.variables, { name: first, type: element }] };
      return `${text}.${random.pick(["all", "exists", "exists_one"])}(${first}, ${this.make("bool", depth - 1, inner)})`;
    }
    const second = this.fresh();
    const inner = { variables: [...scope.variables, { name: first, type: "int" }, { name: second, type: element }] };
    return `${text}.${random.pick(["all", "exists", "existsOne", "exists_one"])}(${first}, ${second}, ${this.make("bool", depth - 1, inner)})`;
  }

  private listMacro(element: string, depth: number, scope: Scope): string {
    const { random } = this;
    const range = this.range(scope, depth);
    const first = this.fresh();
    const one = { variables: [...scope.variables, { name: first, type: range.element }] };
    const kind = random.below(6);
    if (kind === 0)
      return `${this.receiver(`list(${element})`, depth - 1, scope)}.filter(${first}, ${this.make("bool", depth - 1, { variables: [...scope.variables, { name: first, type: element }] })})`;
    if (kind === 1) return `${range.text}.map(${first}, ${this.make(element, depth - 1, one)})`;
    if (kind === 2) return `${range.text}.map(${first}, ${this.make("bool", depth - 1, one)}, ${this.make(element, depth - 1, one)})`;
    if (kind === 3)
      return `${this.receiver(`list(${element})`, depth - 1, scope)}.sortBy(${first}, ${this.make(random.pick(["int", "string"]), 1, { variables: [...scope.variables, { name: first, type: element }] })})`;
    if (kind === 4)
      return `[${Array.from({ length: random.below(4) }, () => `${random.chance(0.1) ? "?" : ""}${this.make(random.chance(0.1) ? `optional_type(${element})` : element, depth - 1, scope)}`).join(", ")}]`;
    const second = this.fresh();
    const two = { variables: [...scope.variables, { name: first, type: "int" }, { name: second, type: range.element }] };
    const filter = random.chance(0.5) ? `${this.make("bool", depth - 1, two)}, ` : "";
    return `${range.text}.transformList(${first}, ${second}, ${filter}${this.make(element, depth - 1, two)})`;
  }

  private mapMacro(parameters: readonly string[], depth: number, scope: Scope): string {
    const { random } = this;
    const [key = "string", value = "int"] = parameters;
    if (random.chance(0.3)) return this.mapLiteral(parameters, depth - 1, scope);
    const first = this.fresh();
    const second = this.fresh();
    if (random.chance(0.5)) {
      const range = this.mapLiteral([key, "string"], 0, scope);
      const inner = { variables: [...scope.variables, { name: first, type: key }, { name: second, type: "string" }] };
      const filter = random.chance(0.5) ? `${this.make("bool", 1, inner)}, ` : "";
      return `${range}.transformMap(${first}, ${second}, ${filter}${this.make(value, depth - 1, inner)})`;
    }
    const range = this.receiver(`list(${key})`, 0, scope);
    const inner = { variables: [...scope.variables, { name: first, type: "int" }, { name: second, type: key }] };
    return `${range}.transformMapEntry(${first}, ${second}, {${second}: ${this.make(value, depth - 1, inner)}})`;
  }

  private optional(inner: string, depth: number, scope: Scope): string {
    const { random } = this;
    const kind = random.below(4);
    if (kind === 0) return `${this.receiver(`list(${inner})`, depth - 1, scope)}[?${this.make("int", 0, scope)}]`;
    if (kind === 1) return `${this.mapLiteral(["string", inner], depth - 1, scope)}[?${this.make("string", 0, scope)}]`;
    if (kind === 2) return `${this.mapLiteral(["string", inner], depth - 1, scope)}.?${random.pick(["a", "abc", "x"])}`;
    return `${this.receiver(`optional_type(${inner})`, depth - 1, scope)}.or(${this.make(`optional_type(${inner})`, depth - 1, scope)})`;
  }

  private optionalMacro(type: string, depth: number, scope: Scope): string {
    const { random } = this;
    const element = random.pick(scalars);
    const name = this.fresh();
    const inner = { variables: [...scope.variables, { name, type: element }] };
    const target = this.receiver(`optional_type(${element})`, depth - 1, scope);
    if (random.chance(0.5)) return `${target}.optMap(${name}, ${this.make(type, depth - 1, inner)}).orValue(${this.leaf(type, scope)})`;
    return `${target}.optFlatMap(${name}, optional.of(${this.make(type, depth - 1, inner)})).orValue(${this.leaf(type, scope)})`;
  }

  private receiver(type: string, depth: number, scope: Scope, topic?: SampleKind): string {
    const text = this.make(type, depth, scope, topic);
    return /^[-!]|^\(|^[0-9.]|[?]|==|&&|\|\||[<>+*/%]/.test(text) ? `(${text})` : text;
  }

  private application(declaration: Declaration, depth: number, scope: Scope, wanted?: string): string {
    const { random } = this;
    const { name, parameters } = declaration;
    const known = wanted === undefined ? new Map<string, string>() : (unify(declaration.result, wanted) ?? new Map<string, string>());
    const bind = (type: string): string => substitute(type, known, () => this.anyType(1));
    const topic = topics[name];
    const texts = parameters.map((type, index) => {
      const isTopic = parameters.length === 1 || index > 0 || name === "format";
      return this.make(bind(type), depth - 1, scope, isTopic ? topic : undefined);
    });
    if (name.startsWith("_") || name.startsWith("!") || name.startsWith("-") || name.startsWith("@")) return operator(name, texts);
    const [first = "", ...rest] = texts;
    if (!declaration.isMember) return `${name}(${texts.join(", ")})`;
    const target = /^[\w.]+$|^"[^"]*"$|\)$|\]$/.test(first) && !/[?]|==|&&|\|\||^[-!]| [<>+*/%-] /.test(first) ? first : `(${first})`;
    return `${target}.${name}(${rest.join(", ")})${random.chance(0.01) ? ".x" : ""}`;
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

function operator(name: string, [a = "", b = "", c = ""]: readonly string[]): string {
  if (name === "!_") return `!(${a})`;
  if (name === "-_") return `-(${a})`;
  if (name === "@in") return `(${a} in ${b})`;
  if (name === "_[_]") return `(${a})[${b}]`;
  if (name === "_[?_]") return `(${a})[?${b}]`;
  if (name === "_?_:_") return `(${a} ? ${b} : ${c})`;
  if (name === "_?._") return `(${a}).?x`;
  return `(${a} ${name.slice(1, -1)} ${b})`;
}

function parseType(type: string): readonly string[] {
  const open = type.indexOf("(");
  return open < 0 ? [type] : [type.slice(0, open), ...splitTypes(type.slice(open + 1, -1), ",")];
}

function isGeneric(type: string): boolean {
  return /^<\w>$/.test(type);
}

// What the parameters of a declared type stand for when it is to be a wanted type.
function unify(declared: string, wanted: string): Map<string, string> | undefined {
  if (isGeneric(declared)) return new Map([[declared, wanted]]);
  const [name, ...parameters] = parseType(declared);
  const [wantedName, ...wantedParameters] = parseType(wanted);
  if (name !== wantedName || (wantedParameters.length > 0 && parameters.length !== wantedParameters.length)) return undefined;
  const result = new Map<string, string>();
  for (const [index, parameter] of parameters.entries()) {
    const inner = unify(parameter, wantedParameters[index] ?? "dyn");
    if (inner === undefined) return undefined;
    for (const [key, value] of inner) result.set(key, value);
  }
  return result;
}

function substitute(type: string, known: Map<string, string>, invent: () => string): string {
  return type.replaceAll(/<\w>/g, (parameter) => {
    const value = known.get(parameter) ?? invent();
    known.set(parameter, value);
    return value;
  });
}
