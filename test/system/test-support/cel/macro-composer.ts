import { Composer, scalars, type Scope } from "./composer.ts";

/** Makes macros and optionals. */
export abstract class MacroComposer extends Composer {
  protected range(scope: Scope, depth: number): { text: string; element: string } {
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

  protected test(depth: number, scope: Scope): string {
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

  protected listMacro(element: string, depth: number, scope: Scope): string {
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

  protected mapMacro(parameters: readonly string[], depth: number, scope: Scope): string {
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

  protected optional(inner: string, depth: number, scope: Scope): string {
    const { random } = this;
    const kind = random.below(4);
    if (kind === 0) return `${this.receiver(`list(${inner})`, depth - 1, scope)}[?${this.make("int", 0, scope)}]`;
    if (kind === 1) return `${this.mapLiteral(["string", inner], depth - 1, scope)}[?${this.make("string", 0, scope)}]`;
    if (kind === 2) return `${this.mapLiteral(["string", inner], depth - 1, scope)}.?${random.pick(["a", "abc", "x"])}`;
    return `${this.receiver(`optional_type(${inner})`, depth - 1, scope)}.or(${this.make(`optional_type(${inner})`, depth - 1, scope)})`;
  }

  protected optionalMacro(type: string, depth: number, scope: Scope): string {
    const { random } = this;
    const element = random.pick(scalars);
    const name = this.fresh();
    const inner = { variables: [...scope.variables, { name, type: element }] };
    const target = this.receiver(`optional_type(${element})`, depth - 1, scope);
    if (random.chance(0.5)) return `${target}.optMap(${name}, ${this.make(type, depth - 1, inner)}).orValue(${this.leaf(type, scope)})`;
    return `${target}.optFlatMap(${name}, optional.of(${this.make(type, depth - 1, inner)})).orValue(${this.leaf(type, scope)})`;
  }
}
