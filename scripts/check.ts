// npm run check judges the project by every law and prints one line for each. Names as arguments choose among the laws.
import { formatReport, isKept, type Law, type LawReport } from "./check/law.ts";
import { laws } from "./check/laws.ts";
import { readTree } from "./check/tree.ts";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in laws));
if (unknown.length > 0) throw new Error(`no such law: ${unknown.join(", ")}; there are ${Object.keys(laws).join(", ")}`);

const tree = readTree(process.cwd());

/** A file that cannot be read or parsed breaks one law, not the telling of the others. */
async function judge(law: Law): Promise<LawReport> {
  try {
    return await law(tree);
  } catch (error) {
    return { looked: 0, counted: "things", violations: [error instanceof Error ? error.message : String(error)] };
  }
}

for (const [name, law] of Object.entries(laws)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const report = await judge(law);
  process.stdout.write(`${formatReport(name, report)}\n`);
  if (!isKept(report)) process.exitCode = 1;
}
