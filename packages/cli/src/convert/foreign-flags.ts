/** The flags of another program that takes its arguments as Go's and Python's usual parsers do. */
export interface FlagTable {
  /** By long name. */
  readonly values: readonly string[];
  readonly switches: readonly string[];
  /** Long names by their one letter. */
  readonly shorts?: Readonly<Record<string, string>>;
}

/** Arguments taken apart. */
export interface ScannedFlags {
  /** By long name; of one that was given twice the last. A switch has the text `true` or `false`. */
  readonly given: ReadonlyMap<string, string>;
  readonly words: readonly string[];
  /** One sentence; no value is in it. */
  readonly problem?: string | undefined;
}

interface Flag {
  readonly name: string;
  readonly value: string | undefined;
}

/** `-r=x` and `-rx` are `-r x`, as in Go's pflag; `undefined` for a word. */
function readFlag(argument: string, { shorts = {} }: FlagTable): Flag | undefined {
  const [, long, text] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
  if (long !== undefined) return { name: long, value: text };
  const [, letter, rest] = /^-([a-z])(?:=?([\s\S]+))?$/i.exec(argument) ?? [];
  if (letter === undefined) return undefined;
  return { name: (Object.hasOwn(shorts, letter) ? shorts[letter] : undefined) ?? `-${letter}`, value: rest };
}

/** Takes the arguments of another program apart. Never throws. */
export function scanFlags(args: readonly string[], table: FlagTable): ScannedFlags {
  const given = new Map<string, string>();
  const words: string[] = [];
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const flag = readFlag(argument, table);
    if (flag === undefined) {
      words.push(argument);
      continue;
    }
    const isSwitch = table.switches.includes(flag.name);
    if (!isSwitch && !table.values.includes(flag.name))
      return { given, words, problem: `it has the flag ${nameFlag(flag.name)}, which is not known` };
    const value = flag.value ?? (isSwitch ? "true" : rest.shift());
    if (value === undefined) return { given, words, problem: `its flag --${flag.name} has no value` };
    given.set(flag.name, value);
  }
  return { given, words };
}

/** As it was written, short enough to be told. */
function nameFlag(name: string): string {
  const text = name.slice(0, 60);
  return JSON.stringify(text.startsWith("-") ? text : `--${text}`);
}
