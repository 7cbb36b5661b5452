import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findForm } from "./page-forms.ts";

const url = "https://issuer.example/sign-in/1";

describe("the form of a page", () => {
  test("is sent with what is filled in, and the first button", () => {
    const html = `<FORM id="a" method="POST" action="/go?x=1&amp;y=&#34;"><input name=plain value=1>
      <input type='hidden' name='quoted' value='a &lt;b&gt; &#x41;'><input value="no name"></FORM>
      <button type="submit" name="yes" value="1">Yes</button><button name="no" value="1">No</button>`;
    const form = findForm(html, url);
    expect(form).toMatchObject({ action: "https://issuer.example/go?x=1&y=%22", method: "post" });
    expect(Object.fromEntries(form?.fields ?? [])).toEqual({ plain: "1", quoted: "a <b> A", yes: "1" });
  });

  test("goes back to the page, by GET, when it does not say otherwise", () => {
    expect(findForm("<form><input name=q></form>", url)).toMatchObject({ action: url, method: "get" });
  });

  test("is absent where there is none", () => {
    expect(findForm("<p>form</p>", url)).toBeUndefined();
  });

  test("is found or not in any text, without failing", () => {
    const piece = fc.constantFrom(
      "<form",
      "<input",
      "<button",
      " name=",
      " value=",
      '"',
      "'",
      "&",
      "#x;",
      "#99999999;",
      ">",
      " action=",
      "//[",
      "method=post",
      "\u0000",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        const form = findForm(`<form${pieces.join("")}`, url);
        expect(form === undefined || URL.canParse(form.action)).toBe(true);
      }),
    );
  });
});
