import { parseType, type CelType } from "./cel-type.ts";
import { kubernetesDeclarations } from "./declarations-kubernetes.ts";
import { standardDeclarations } from "./declarations-standard.ts";

/** One signature of a function. */
export interface Overload {
  readonly id: string;
  readonly isMember: boolean;
  readonly arguments: readonly CelType[];
  readonly result: CelType;
  /** Names of the type parameters that occur in it. */
  readonly typeParameters: readonly string[];
}

function collectParameters(type: CelType, names: Set<string>): void {
  if (type.kind === "param") names.add(type.name);
  for (const parameter of type.parameters) collectParameters(parameter, names);
}

function parseOverload(line: string): { name: string; overload: Overload } | undefined {
  const [name, id, style, argumentText, resultText] = line.split(" ");
  if (name === undefined || id === undefined || argumentText === undefined || resultText === undefined) return undefined;
  const types = argumentText === "-" ? [] : argumentText.split(",").map((text) => parseType(text));
  const result = parseType(resultText);
  const names = new Set<string>();
  for (const type of [...types, result]) collectParameters(type, names);
  return { name, overload: { id, isMember: style === ".", arguments: types, result, typeParameters: [...names] } };
}

function parseDeclarations(text: string, into: Map<string, Overload[]>): void {
  for (const line of text.split("\n")) {
    const parsed = parseOverload(line);
    if (parsed === undefined) continue;
    const known = into.get(parsed.name);
    if (known === undefined) into.set(parsed.name, [parsed.overload]);
    else known.push(parsed.overload);
  }
}

function parseAll(): ReadonlyMap<string, readonly Overload[]> {
  const functions = new Map<string, Overload[]>();
  parseDeclarations(standardDeclarations, functions);
  parseDeclarations(kubernetesDeclarations, functions);
  return functions;
}

/** Every function that an expression may call, with its overloads in the order in which they are tried. */
export const declarations: ReadonlyMap<string, readonly Overload[]> = parseAll();
