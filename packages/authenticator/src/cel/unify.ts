import { dynType, isDyn, withParameters, type CelType } from "./cel-type.ts";

/** What type parameters stand for so far, by their text. Values are replaced, never changed. */
export type Substitutions = ReadonlyMap<string, CelType>;

type Draft = Map<string, CelType>;

const nullable: ReadonlySet<string> = new Set(["duration", "timestamp"]);

function isNullable(type: CelType): boolean {
  return ["opaque", "struct", "any", "null"].includes(type.kind) || nullable.has(type.name);
}

function isDynOrError(type: CelType): boolean {
  return type.kind === "error" || isDyn(type);
}

// Whether the first type is the other one or stands for more than it.
function isEqualOrLessSpecific(left: CelType, right: CelType): boolean {
  if (isDyn(left) || left.kind === "param") return true;
  if (isDyn(right) || right.kind === "param") return false;
  if (left.kind !== right.kind) return false;
  if (left.kind === "type") return true;
  if (left.name !== right.name || left.parameters.length !== right.parameters.length) return false;
  return left.parameters.every((parameter, index) => {
    const other = right.parameters[index];
    return other !== undefined && isEqualOrLessSpecific(parameter, other);
  });
}

/** The more general of two types that go together. */
export function mostGeneral(left: CelType, right: CelType): CelType {
  return isEqualOrLessSpecific(left, right) ? left : right;
}

function isNotReferencedIn(draft: Draft, type: CelType, within: CelType): boolean {
  if (type.text === within.text) return false;
  if (within.kind === "param") {
    const replaced = draft.get(within.text);
    return replaced === undefined || isNotReferencedIn(draft, type, replaced);
  }
  return within.parameters.every((parameter) => isNotReferencedIn(draft, type, parameter));
}

function substituteParameter(draft: Draft, type: CelType, parameter: CelType): { valid: boolean; known: boolean } {
  if (type.text === parameter.text && type.kind === parameter.kind) return { valid: true, known: true };
  const current = draft.get(parameter.text);
  if (current === undefined) {
    if (!isNotReferencedIn(draft, parameter, type)) return { valid: false, known: false };
    draft.set(parameter.text, type);
    return { valid: true, known: false };
  }
  if (type.kind === current.kind && type.text === current.text) return { valid: true, known: true };
  if (!fits(draft, type, current)) return { valid: false, known: true };
  const wider = mostGeneral(type, current);
  if (isNotReferencedIn(draft, parameter, wider)) draft.set(parameter.text, wider);
  return { valid: true, known: true };
}

function fitsParameter(draft: Draft, from: CelType, to: CelType): boolean | undefined {
  if (to.kind === "param") {
    const { valid, known } = substituteParameter(draft, from, to);
    if (valid || known) return valid;
  }
  return from.kind === "param" ? substituteParameter(draft, to, from).valid : undefined;
}

function fits(draft: Draft, from: CelType, to: CelType): boolean {
  const byParameter = fitsParameter(draft, from, to);
  if (byParameter !== undefined) return byParameter;
  if (isDynOrError(from) || isDynOrError(to)) return true;
  if (from.kind === "null") return isNullable(to);
  if (to.kind === "null") return isNullable(from);
  if (from.kind === "type") return to.kind === "type";
  return from.kind === to.kind && from.name === to.name && fitAll(draft, from.parameters, to.parameters);
}

function fitAll(draft: Draft, from: readonly CelType[], to: readonly CelType[]): boolean {
  return (
    from.length === to.length &&
    from.every((type, index) => {
      const other = to[index];
      return other !== undefined && fits(draft, type, other);
    })
  );
}

/** The substitutions under which each type can be given where the other is wanted, or `undefined` when it cannot. */
export function assign(known: Substitutions, from: readonly CelType[], to: readonly CelType[]): Substitutions | undefined {
  const draft: Draft = new Map(known);
  return fitAll(draft, from, to) ? draft : undefined;
}

/** A type with its parameters replaced; those that stand for nothing become `dyn` when `freeToDyn` is set. */
export function substitute(known: Substitutions, type: CelType, freeToDyn: boolean): CelType {
  const replaced = known.get(type.text);
  if (replaced !== undefined) return substitute(known, replaced, freeToDyn);
  if (type.kind === "param") return freeToDyn ? dynType : type;
  if (type.parameters.length === 0) return type;
  return withParameters(
    type,
    type.parameters.map((parameter) => substitute(known, parameter, freeToDyn)),
  );
}
