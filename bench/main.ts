import { statSync, writeFileSync } from "node:fs";
import { cpus, release, type as systemName } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { spawnSync } from "node:child_process";
import { measureEks } from "./eks.ts";
import { fillStore } from "./fill-store.ts";
import { compare, type Contestant } from "./measure.ts";
import { formatCosts } from "./report.ts";
import {
  type ColdRound,
  compileNothing,
  createKubepass,
  findAws,
  kubepass,
  prepareKubelogin,
  runCold,
  type Scene,
  withScene,
} from "./scene.ts";
import { summarize } from "./statistics.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "100" } } });
const runs = Number(values.runs);
const print = (text = ""): void => console.log(text);

/** The cheapest way there is to print the same bytes. */
function createCat(scene: Scene, warm: Contestant): Contestant {
  const { stdout } = spawnSync(warm.program, warm.args, { env: warm.environment });
  const file = join(scene.folder, "printed");
  writeFileSync(file, stdout);
  return { name: "`cat` of the same bytes", program: "/bin/cat", args: [file], environment: {} };
}

async function measureWarm(scene: Scene): Promise<void> {
  const own = createKubepass(scene, "warm");
  await runCold(scene, own, 1);
  const node: Contestant = { name: "`node -e 0`", program: process.execPath, args: ["-e", "0"], environment: {} };
  const others = [await prepareKubelogin(scene), compileNothing(scene), node, createCat(scene, own), findAws(scene)];
  print("\n## Warm get-token\n");
  print(formatCosts(compare([own, ...others.filter((other) => other !== undefined)], runs, scene.folder)));
}

async function measureStoreSizes(scene: Scene): Promise<void> {
  const contestants: Contestant[] = [];
  for (const count of [1, 100, 10_000]) {
    const own = createKubepass(scene, `store-${count}`);
    await runCold(scene, own, 1);
    fillStore(own, count);
    contestants.push({ ...own, name: `kubepass with ${count} ${count === 1 ? "entry" : "entries"}` });
  }
  print("\n## Warm get-token with many identities in the store\n");
  print(formatCosts(compare(contestants, runs, scene.folder)));
}

async function measureCold(scene: Scene): Promise<void> {
  print("\n## Cold cache, to the end of the last process\n");
  print("| at once | median ms | sign-ins | token requests | rounds |\n|---:|---:|---:|---:|---:|");
  for (const count of [1, 100]) {
    const rounds: ColdRound[] = [];
    for (let round = 0; round < 3; round += 1) rounds.push(await runCold(scene, createKubepass(scene, `cold-${count}-${round}`), count));
    const { median } = summarize(rounds.map(({ wallMs }) => wallMs));
    const most = (pick: (round: ColdRound) => number): number => Math.max(...rounds.map((round) => pick(round)));
    print(
      `| ${count} | ${median.toFixed(0)} | ${most((round) => round.signIns)} | ${most((round) => round.tokenRequests)} | ${rounds.length} |`,
    );
  }
}

async function main(): Promise<void> {
  const [processor] = cpus();
  print(
    `${cpus().length} × ${processor?.model}, ${systemName()} ${release()}, Node ${process.versions.node}; executable ${(statSync(kubepass).size / 1e6).toFixed(1)} MB`,
  );
  await withScene(async (scene) => {
    await measureWarm(scene);
    await measureStoreSizes(scene);
    await measureCold(scene);
  });
  await measureEks(runs);
}

await main();
