/*
 * SHA-256 (FIPS 180-4) in TypeScript. The hot path of every kubectl call hashes a few hundred bytes once, and loading
 * node:crypto for that costs more than all the rest of it together (docs/decisions/0004-hot-path.md). For names of files
 * only; whatever guards a secret uses node:crypto.
 */

const blockBytes = 64;
const lengthBytes = 8;

// The first 32 bits of the fractional parts of the square and cube roots of the first primes.
const { initialState, roundConstants } = deriveConstants();

function fractionBits(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
}

function deriveConstants(): { readonly initialState: Int32Array; readonly roundConstants: Int32Array } {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < 64; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return {
    initialState: Int32Array.from(primes.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime))),
    roundConstants: Int32Array.from(primes, (prime) => fractionBits(Math.cbrt(prime))),
  };
}

function pad(message: Uint8Array): DataView {
  const blocks = Math.ceil((message.length + 1 + lengthBytes) / blockBytes);
  const padded = new Uint8Array(blocks * blockBytes);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor((message.length * 8) / 2 ** 32));
  view.setUint32(padded.length - 4, (message.length * 8) >>> 0);
  return view;
}

function at(words: Int32Array, index: number): number {
  return words[index] ?? 0;
}

function expand(view: DataView, offset: number, schedule: Int32Array): void {
  for (let index = 0; index < 16; index += 1) schedule[index] = view.getInt32(offset + index * 4);
  for (let index = 16; index < 64; index += 1) {
    const early = at(schedule, index - 15);
    const late = at(schedule, index - 2);
    const small = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const large = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    schedule[index] = (at(schedule, index - 16) + small + at(schedule, index - 7) + large) | 0;
  }
}

// Written out, without calls or arrays: it runs once and is interpreted, never compiled.
function compress(state: Int32Array, schedule: Int32Array): void {
  let [a, b, c, d] = [at(state, 0), at(state, 1), at(state, 2), at(state, 3)];
  let [e, f, g, h] = [at(state, 4), at(state, 5), at(state, 6), at(state, 7)];
  for (let index = 0; index < 64; index += 1) {
    const turnedE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const turnedA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const first = (h + turnedE + ((e & f) ^ (~e & g)) + (roundConstants[index] ?? 0) + (schedule[index] ?? 0)) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    c = b;
    b = a;
    a = (first + turnedA + majority) | 0;
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (at(state, index) + word) | 0;
}

/** The SHA-256 of a text's UTF-8 bytes, as 64 lowercase hex digits. */
export function hashSha256(text: string): string {
  const view = pad(new TextEncoder().encode(text));
  const state = Int32Array.from(initialState);
  const schedule = new Int32Array(64);
  for (let offset = 0; offset < view.byteLength; offset += blockBytes) {
    expand(view, offset, schedule);
    compress(state, schedule);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
