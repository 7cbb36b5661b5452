/** An element: its name without prefix, its text when it has no children, and its children. Attributes are dropped. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

const maxDepth = 32;
const maxElements = 100_000;
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
// A declaration at the very beginning, a tag with plain attributes, or text. Nothing else: no comments, no CDATA, no DOCTYPE.
const piece = /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w:.-]*="[^"<>]*")*)\s*(\/?)>|([^<]+)/y;

function decodeText(text: string): string | undefined {
  let isBroken = false;
  const decoded = text.replaceAll(/&([^;&]{0,10});?/g, (whole, name: string) => {
    const character = Object.hasOwn(entities, name) ? entities[name] : decodeReference(name);
    if (character === undefined || !whole.endsWith(";")) isBroken = true;
    return character ?? "";
  });
  return isBroken ? undefined : decoded;
}

function decodeReference(name: string): string | undefined {
  const digits = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (digits === null) return undefined;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return code === 0 || code > 0x10ffff ? undefined : String.fromCodePoint(code);
}

function placeText(text: string, parent: OpenElement, isOutside: boolean): boolean {
  const decoded = decodeText(text);
  parent.text += decoded ?? "";
  return decoded !== undefined && (!isOutside || decoded.trim() === "");
}

function closeElement(name: string, open: OpenElement[]): boolean {
  const closed = open.length > 1 ? open.pop() : undefined;
  if (closed === undefined) return false;
  open.at(-1)?.children.push(closed);
  return closed.name === name;
}

/** Puts one piece of the text into the tree; false when it does not fit. */
function place(match: RegExpExecArray, open: OpenElement[]): boolean {
  const [, closing, name = "", attributes, empty, text] = match;
  const parent = open.at(-1);
  if (parent === undefined) return false;
  if (text !== undefined) return placeText(text, parent, open.length === 1);
  if (closing === "/") return attributes === "" && empty === "" && closeElement(name, open);
  if (empty === "/") parent.children.push({ name, text: "", children: [] });
  else open.push({ name, text: "", children: [] });
  return open.length <= maxDepth;
}

/**
 * Reads the small XML that AWS answers with: elements and text, entities of XML itself, no DOCTYPE, no comments, no CDATA.
 * `undefined` for everything else, for more than 32 levels, and for more than one root. Never throws.
 */
export function parseXml(text: string): XmlElement | undefined {
  const root: OpenElement = { name: "", text: "", children: [] };
  const open: OpenElement[] = [root];
  piece.lastIndex = /^(?:\uFEFF)?(?:<\?xml [^<>?]*\?>)?/.exec(text)?.[0].length ?? 0;
  for (let count = 0; piece.lastIndex < text.length; count += 1) {
    const match = piece.exec(text);
    if (match === null || count > maxElements || !place(match, open)) return undefined;
  }
  const [only, ...others] = root.children;
  return open.length === 1 && others.length === 0 ? only : undefined;
}

/** The one child of that name; `undefined` when there is none or more than one. */
export function findChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  const found = element?.children.filter((child) => child.name === name) ?? [];
  return found.length === 1 ? found[0] : undefined;
}
