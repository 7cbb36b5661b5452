import { parseArgs } from "node:util";
import { measureEks } from "./eks.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "100" } } });
await measureEks(Number(values.runs));
