/** A form as a browser would send it: with what is already filled in, and the first button pressed. */
export interface PageForm {
  readonly action: string;
  readonly method: "get" | "post";
  readonly fields: ReadonlyMap<string, string>;
}

const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeHtml(text: string): string {
  return text.replace(/&(#x?)?(\w+);/g, (whole, number: string | undefined, name: string) => {
    if (number === undefined) return characters[name] ?? whole;
    const point = Number.parseInt(name, number === "#x" ? 16 : 10);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

function readAttributes(tag: string): ReadonlyMap<string, string> {
  const found = tag.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g);
  return new Map(
    [...found].map(([, name = "", double, single, bare]) => [name.toLowerCase(), unescapeHtml(double ?? single ?? bare ?? "")]),
  );
}

function readFields(html: string): ReadonlyMap<string, string> {
  const inputs = [...html.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => readAttributes(tag));
  const firstButton = /<button\b[^>]*>/i.exec(html)?.[0];
  const pressed = firstButton === undefined ? [] : [readAttributes(firstButton)];
  const named = [...inputs, ...pressed].filter((attributes) => (attributes.get("name") ?? "") !== "");
  return new Map(named.map((attributes) => [attributes.get("name") ?? "", attributes.get("value") ?? ""]));
}

/** The first form of a page, with the fields of the whole page; enough for the pages of an issuer. */
export function findForm(html: string, pageUrl: string): PageForm | undefined {
  const tag = /<form\b[^>]*>/i.exec(html)?.[0];
  if (tag === undefined) return undefined;
  const attributes = readAttributes(tag);
  const action = attributes.get("action") ?? pageUrl;
  return {
    action: URL.canParse(action, pageUrl) ? new URL(action, pageUrl).href : pageUrl,
    method: attributes.get("method")?.toLowerCase() === "post" ? "post" : "get",
    fields: readFields(html),
  };
}
