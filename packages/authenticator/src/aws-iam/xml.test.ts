import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findChild, parseXml } from "./xml.ts";

describe("XML as AWS writes it", () => {
  it("is read with its entities, and without prefix, attributes and declaration", () => {
    const root = parseXml('<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="x">\n <b>1 &lt;&amp;&#65;&#x42;</b><c/>\n</a>\n');
    expect(root?.name).toBe("a");
    expect(findChild(root, "b")?.text).toBe("1 <&AB");
    expect(findChild(root, "c")).toEqual({ name: "c", text: "", children: [] });
    expect(findChild(root, "d")).toBeUndefined();
  });

  it.each([
    "",
    "text",
    "<a>",
    "</a>",
    "<a></b>",
    "<a></a><b></b>",
    "<a></a>text",
    "text<a></a>",
    "<a><!-- x --></a>",
    "<a><![CDATA[x]]></a>",
    "<!DOCTYPE a><a></a>",
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "<a>&unknown;</a>",
    "<a>& b</a>",
    "<a>&#0;</a>",
    "<a>&#x110000;</a>",
    "<a b=c></a>",
    "<a b='c'></a>",
    "<a/ >",
    "</a/>",
    "<a></a/>",
    "<<a></a>",
    "<1></1>",
    "<a>".repeat(40) + "</a>".repeat(40),
  ])("is refused when it is anything else: %j", (text) => {
    expect(parseXml(text)).toBeUndefined();
  });

  it("is read or refused, and never thrown at", () => {
    const pieces = fc.constantFrom("<a>", "</a>", "<b/>", "&lt;", "&", "text", "<", ">", '<a x="1">', "<?xml ?>", "\n");
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const root = parseXml(parts.join(""));
        expect(root === undefined || root.name.length > 0).toBe(true);
      }),
    );
  });

  it("takes a time in proportion to its length", () => {
    expect(parseXml(`<a>${"<b>".repeat(20)}${"&lt;".repeat(50_000)}${"</b>".repeat(20)}</a>`)?.name).toBe("a");
    expect(parseXml(`<a${" ".repeat(100_000)}`)).toBeUndefined();
  });
});
