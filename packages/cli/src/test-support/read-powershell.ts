// As much of PowerShell's quoting as our own script needs (about_Quoting_Rules, about_Parsing); what it does not know it refuses.

/** A string as it stands in a script. */
export interface PowerShellString {
  readonly kind: "literal" | "expandable";
  /** With what is between the quotes, escapes resolved and expansions left as they stand. */
  readonly text: string;
  /** What PowerShell puts in: names of variables. */
  readonly variables: readonly string[];
}

/** One part of a script. */
export type PowerShellPart =
  | { readonly kind: "string"; readonly string: PowerShellString }
  | { readonly kind: "word" | "sign" | "comment"; readonly text: string };

interface Taken {
  readonly part: PowerShellPart;
  readonly end: number;
}

const doubleQuotes = '"\u201c\u201d\u201e';
const singleQuotes = "'\u2018\u2019\u201a\u201b";
const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", "0": "\0" };
const closing: Readonly<Record<string, string>> = { "(": ")", "{": "}", "[": "]" };

function takeLiteral(script: string, at: number): Taken {
  let text = "";
  for (let end = at + 1; end < script.length; end += 1) {
    const character = script.charAt(end);
    if (!singleQuotes.includes(character)) text += character;
    else if (singleQuotes.includes(script.charAt(end + 1)) && script.charAt(end + 1) !== "") text += script.charAt(++end);
    else return { part: { kind: "string", string: { kind: "literal", text, variables: [] } }, end: end + 1 };
  }
  throw new Error(`the string at ${at} does not end`);
}

function takeExpandable(script: string, at: number): Taken {
  let text = "";
  const variables: string[] = [];
  for (let end = at + 1; end < script.length; end += 1) {
    const character = script.charAt(end);
    const next = script.charAt(end + 1);
    if (character === "`") {
      text += escapes[next] ?? next;
      end += 1;
    } else if (character === "$") {
      const name = /^\w+/.exec(script.slice(end + 1))?.[0];
      if (name === undefined) throw new Error(`the string at ${at} runs code`);
      variables.push(name);
      text += character;
    } else if (!doubleQuotes.includes(character)) text += character;
    else if (next !== "" && doubleQuotes.includes(next)) text += script.charAt(++end);
    else return { part: { kind: "string", string: { kind: "expandable", text, variables } }, end: end + 1 };
  }
  throw new Error(`the string at ${at} does not end`);
}

function takePart(script: string, at: number): Taken {
  const character = script.charAt(at);
  if (script.startsWith("@'", at) || script.startsWith('@"', at) || script.startsWith("<#", at)) throw new Error("unknown to this reader");
  if (singleQuotes.includes(character)) return takeLiteral(script, at);
  if (doubleQuotes.includes(character)) return takeExpandable(script, at);
  const rest = script.slice(at);
  const comment = /^#.*/.exec(rest)?.[0];
  if (comment !== undefined) return { part: { kind: "comment", text: comment }, end: at + comment.length };
  const word = /^[$@]?[\w.:-]+/.exec(rest)?.[0];
  if (word !== undefined) return { part: { kind: "word", text: word }, end: at + word.length };
  return { part: { kind: "sign", text: character }, end: at + 1 };
}

function checkBalance(parts: readonly PowerShellPart[]): void {
  const open: string[] = [];
  for (const part of parts) {
    if (part.kind !== "sign") continue;
    const close = closing[part.text];
    if (close !== undefined) open.push(close);
    else if (Object.values(closing).includes(part.text) && open.pop() !== part.text) throw new Error(`${part.text} closes nothing`);
  }
  if (open.length > 0) throw new Error(`${open.join("")} is missing`);
}

/** Reads a script into its parts; line ends are signs. Throws for what does not end, does not close, or runs code in a string. */
export function readPowerShell(script: string): readonly PowerShellPart[] {
  const parts: PowerShellPart[] = [];
  for (let at = 0; at < script.length;) {
    const { part, end } = takePart(script, at);
    if (part.kind !== "sign" || part.text !== " ") parts.push(part);
    at = end;
  }
  checkBalance(parts);
  return parts;
}

/** The words that PowerShell runs as commands: those that begin a statement, a pipeline's part or a block. */
export function listCommands(parts: readonly PowerShellPart[]): readonly string[] {
  const commands: string[] = [];
  let isStart = true;
  for (const part of parts) {
    if (part.kind === "comment") continue;
    if (part.kind === "word" && isStart && /^[a-z]/i.test(part.text)) commands.push(part.text);
    isStart = part.kind === "sign" && ["\n", ";", "|", "{", "(", "=", "&"].includes(part.text);
  }
  return commands;
}
