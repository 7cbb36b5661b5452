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

const shapes: Readonly<Record<string, (operands: readonly string[]) => string>> = {
  "!_": ([a]) => `!(${a})`,
  "-_": ([a]) => `-(${a})`,
  "@in": ([a, b]) => `(${a} in ${b})`,
  "_[_]": ([a, b]) => `(${a})[${b}]`,
  "_[?_]": ([a, b]) => `(${a})[?${b}]`,
  "_?_:_": ([a, b, c]) => `(${a} ? ${b} : ${c})`,
  "_?._": ([a]) => `(${a}).?x`,
};

/** An operator with its operands, always in parentheses. */
export function operator(name: string, operands: readonly string[]): string {
  return shapes[name]?.(operands) ?? `(${operands.join(` ${name.slice(1, -1)} `)})`;
}

/** A type's name and its parameters. */
export function parseType(type: string): readonly string[] {
  const open = type.indexOf("(");
  return open < 0 ? [type] : [type.slice(0, open), ...splitTypes(type.slice(open + 1, -1), ",")];
}

/** Whether a type is a parameter alone. */
export function isGeneric(type: string): boolean {
  return /^<\w>$/.test(type);
}

/** What the parameters of a declared type stand for when it is to be a wanted type. */
export function unify(declared: string, wanted: string): Map<string, string> | undefined {
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

/** A type with its parameters replaced; unknown ones are invented and remembered. */
export function substitute(type: string, known: Map<string, string>, invent: () => string): string {
  return type.replaceAll(/<\w>/g, (parameter) => {
    const value = known.get(parameter) ?? invent();
    known.set(parameter, value);
    return value;
  });
}
