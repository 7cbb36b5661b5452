// Anything above the ASCII range may need care; most text does not.
const ascii = /^[\x00-\x7f]*$/;

/** Whether every character is one code unit and one byte. */
function isAscii(text: string): boolean {
  return ascii.test(text);
}

/** Length in code points: what CEL calls the size of a string. */
export function codePointLength(text: string): number {
  if (isAscii(text)) return text.length;
  let count = text.length;
  for (let index = 0; index < text.length - 1; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      count -= 1;
      index += 1;
    }
  }
  return count;
}

/** The code points of a text, each as text. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text);
}

/** The part between two positions in code points. */
export function sliceCodePoints(text: string, start: number, end: number): string {
  return isAscii(text) ? text.slice(start, end) : Array.from(text).slice(start, end).join("");
}

/** The order of two texts by code point, which is that of their UTF-8 bytes. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) < rank(b) ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

// Surrogates stand for code points above all others.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
