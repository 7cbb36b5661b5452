import { literalMakers } from "./literals.ts";
import type { Random } from "./random.ts";
import type { SampleKind } from "./samples.ts";
import { parseType } from "./signatures.ts";

/** Types of single values; strings are the most frequent. */
export const scalars = ["bool", "int", "uint", "double", "string", "string", "bytes", "duration", "timestamp"];
const opaque = ["kubernetes.Quantity", "net.IP", "net.CIDR", "kubernetes.URL", "kubernetes.Semver", "kubernetes.NamedFormat"];

/** Variables of the macros around a place. */
export interface Scope {
  readonly variables: readonly { readonly name: string; readonly type: string }[];
}

const userVariables = [
  "user.username",
  "user.uid",
  "user.groups",
  "user.extra",
  'user.extra["example.com/x"]',
  "user.?uid",
  "user",
  "user.nope",
  "user.extra.example__dot__com__slash__x",
];

const claimVariables = [
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
];

/** Makes leaves, and leaves the rest to others. */
export abstract class Composer {
  protected readonly random: Random;
  protected readonly environment: "claims" | "user";
  private counter = 0;

  constructor(random: Random, environment: "claims" | "user") {
    this.random = random;
    this.environment = environment;
  }

  protected abstract compound(type: string, depth: number, scope: Scope): string;

  protected anyType(depth: number): string {
    const { random } = this;
    const kind = random.below(10);
    if (kind < 5 || depth === 0) return random.pick(scalars);
    if (kind === 5) return random.pick(opaque);
    if (kind === 6) return `map(${random.pick(["string", "string", "int", "uint", "bool"])}, ${this.anyType(depth - 1)})`;
    if (kind === 7) return `optional_type(${this.anyType(depth - 1)})`;
    if (kind === 8) return random.pick(["dyn", "type", "dyn", "null"]);
    return `list(${this.anyType(depth - 1)})`;
  }

  protected make(type: string, depth: number, scope: Scope, topic?: SampleKind): string {
    const { random } = this;
    if (random.chance(0.02)) return this.make(this.anyType(1), depth, scope);
    const local = scope.variables.filter((variable) => variable.type === type || type === "dyn");
    if (local.length > 0 && random.chance(0.4)) return random.pick(local).name;
    if (depth <= 0 || random.chance(0.15)) return this.leaf(type, scope, topic);
    return this.compound(type, depth, scope);
  }

  protected leaf(type: string, scope: Scope, topic?: SampleKind): string {
    const { random } = this;
    if (random.chance(0.15)) return this.variable();
    const maker = literalMakers[type];
    if (maker !== undefined) return maker(random, topic);
    if (type === "dyn") return random.chance(0.6) ? this.variable() : `dyn(${this.make(this.anyType(1), 0, scope)})`;
    const [name = "", ...parameters] = parseType(type);
    if (name === "map") return this.mapLiteral(parameters, 0, scope);
    return this.holder(name, () => this.leaf(parameters[0] ?? "int", scope, topic));
  }

  private holder(name: string, element: () => string): string {
    const { random } = this;
    if (name === "list") return `[${Array.from({ length: random.below(4) }, element).join(", ")}]`;
    if (name !== "optional_type") return "null";
    return random.chance(0.3) ? "optional.none()" : `optional.of(${element()})`;
  }

  protected mapLiteral(parameters: readonly string[], depth: number, scope: Scope): string {
    const entry = (): string => `${this.make(parameters[0] ?? "string", depth, scope)}: ${this.make(parameters[1] ?? "int", depth, scope)}`;
    return `{${Array.from({ length: this.random.below(3) }, entry).join(", ")}}`;
  }

  protected variable(): string {
    return this.random.pick(this.environment === "user" ? userVariables : claimVariables);
  }

  protected fresh(): string {
    this.counter += 1;
    return this.random.chance(0.1) ? this.random.pick(["x", "claims", "i"]) : `v${this.counter}`;
  }

  protected receiver(type: string, depth: number, scope: Scope, topic?: SampleKind): string {
    const text = this.make(type, depth, scope, topic);
    return /^[-!]|^\(|^[0-9.]|[?]|==|&&|\|\||[<>+*/%]/.test(text) ? `(${text})` : text;
  }
}
