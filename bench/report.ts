import type { Cost } from "./measure.ts";
import type { Summary } from "./statistics.ts";

function formatMs({ fast, median, slow }: Summary): string {
  return `${median.toFixed(1)} | ${fast.toFixed(1)} | ${slow.toFixed(1)}`;
}

/** A table in Markdown. Ratios are to the first row. */
export function formatCosts(costs: readonly Cost[]): string {
  const base = costs[0]?.wallMs.median ?? Number.NaN;
  const rows = costs.map(({ contestant, wallMs, peakMib }) => {
    const ratio = (base / wallMs.median).toFixed(2);
    return `| ${contestant.name} | ${formatMs(wallMs)} | ${ratio} | ${peakMib.median.toFixed(1)} | ${wallMs.count} |`;
  });
  const head = ["| program | median ms | 5 % | 95 % | first row / this | peak MiB | runs |", "|---|---:|---:|---:|---:|---:|---:|"];
  return [...head, ...rows].join("\n");
}
