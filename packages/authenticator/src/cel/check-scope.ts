import type { CelNode } from "./ast.ts";
import * as types from "./cel-type.ts";
import type { CelType } from "./cel-type.ts";
import { CelUint, type CelValue } from "./values.ts";

/** The expression's types do not go together: what and where. */
export class CheckError extends Error {
  readonly offset: number;
  constructor(message: string, node: CelNode) {
    super(message);
    this.name = "CheckError";
    this.offset = node.offset;
  }
}

/** What a name stands for. */
export interface Variable {
  readonly name: string;
  readonly type: CelType;
  /** Set when the name is that of a type. */
  readonly typeName: string | undefined;
  /** The global variable is meant although a macro's variable of the same name is in reach (`.claims`). */
  readonly disambiguated: boolean;
}

function typeVariable(name: string, type: CelType): readonly [string, Variable] {
  return [name, { name, type: types.typeOfType(type), typeName: name, disambiguated: false }];
}

const typeNames: ReadonlyMap<string, Variable> = new Map([
  typeVariable("bool", types.boolType),
  typeVariable("bytes", types.bytesType),
  typeVariable("double", types.doubleType),
  typeVariable("google.protobuf.Duration", types.durationType),
  typeVariable("int", types.intType),
  typeVariable("list", types.listOf(types.dynType)),
  typeVariable("map", types.mapOf(types.dynType, types.dynType)),
  typeVariable("null_type", types.nullType),
  typeVariable("string", types.stringType),
  typeVariable("google.protobuf.Timestamp", types.timestampType),
  typeVariable("type", types.typeOfType(undefined)),
  typeVariable("uint", types.uintType),
  typeVariable("optional_type", types.optionalOf(types.dynType)),
  typeVariable("net.IP", types.opaqueType("net.IP")),
  typeVariable("net.CIDR", types.opaqueType("net.CIDR")),
  // These pass the checker and never become a program.
  typeVariable("duration", types.durationType),
  typeVariable("timestamp", types.timestampType),
]);

const userFields: Readonly<Record<string, CelType>> = {
  username: types.stringType,
  uid: types.stringType,
  groups: types.listOf(types.stringType),
  extra: types.mapOf(types.stringType, types.listOf(types.stringType)),
};

/** The names that an expression may use at one place. */
export class Scope {
  private readonly locals: ReadonlyMap<string, CelType>;
  private readonly globals: ReadonlyMap<string, CelType>;

  constructor(globals: ReadonlyMap<string, CelType>, locals: ReadonlyMap<string, CelType> = new Map()) {
    this.globals = globals;
    this.locals = locals;
  }

  /** The scope inside a macro that declares these variables. */
  with(variables: readonly (readonly [string, CelType])[]): Scope {
    return new Scope(this.globals, new Map([...this.locals, ...variables]));
  }

  /** What a simple name stands for; one that begins with a dot is never a macro's variable. */
  resolve(name: string): Variable | undefined {
    const plain = name.replace(/^\./, "");
    const local = this.locals.get(plain);
    if (local !== undefined && plain === name) return { name, type: local, typeName: undefined, disambiguated: false };
    return this.global(plain, local !== undefined);
  }

  /** What `a.b.c` stands for when it is one name. */
  resolveQualified(path: readonly string[]): Variable | undefined {
    const [first = ""] = path;
    if (this.locals.has(first)) return undefined;
    return this.global(path.join(".").replace(/^\./, ""), this.locals.has(first.replace(/^\./, "")));
  }

  /** The type of a field of an object type, or `undefined` when it has none of that name. */
  fieldType(type: CelType, field: string): CelType | undefined {
    return type.name === types.userInfoType.name && Object.hasOwn(userFields, field) ? userFields[field] : undefined;
  }

  private global(name: string, disambiguated: boolean): Variable | undefined {
    const type = this.globals.get(name);
    if (type !== undefined) return { name, type, typeName: undefined, disambiguated };
    return typeNames.get(name);
  }
}

/** The type of a literal. */
export function literalType(value: CelValue): CelType {
  if (value === null) return types.nullType;
  if (value instanceof CelUint) return types.uintType;
  if (value instanceof Uint8Array) return types.bytesType;
  const primitives: Readonly<Record<string, CelType>> = {
    boolean: types.boolType,
    string: types.stringType,
    number: types.doubleType,
    bigint: types.intType,
  };
  return primitives[typeof value] ?? types.errorType;
}
