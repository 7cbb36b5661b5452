/** Thrown inside the scanner, never outside: this text needs the whole of YAML. */
export class Beyond extends Error {}

/** How deep structures may lie within each other before the scanner leaves them to the other parser. */
export const maxScannedDepth = 100;

/** How deep structures may lie within each other in any text: whoever walks through them later calls himself as often. */
export const maxDepth = 500;
