import { readReport } from "./browser/report.ts";
import { callAsClient } from "./client-program.ts";
import { prepareExecutable } from "./executable.ts";
import type { DemoFolder, Variables } from "./folder.ts";
import { findKubectl, type Kubectl } from "./kubectl.ts";
import { type ProgramResult, runProgram } from "./run-program.ts";
import { createScene, type Scene } from "./scene.ts";
import type { DemoSettings } from "./settings.ts";
import { findProblem, type IssuerWork, type Step, steps } from "./steps.ts";
import { formatTime, type Transcript } from "./transcript.ts";

/** What the demo works with. */
export interface Demo {
  readonly root: string;
  readonly settings: DemoSettings;
  readonly folder: DemoFolder;
  /** The person's own environment. */
  readonly variables: Variables;
  readonly transcript: Transcript;
  readonly signal: AbortSignal;
}

interface Stage extends Demo {
  readonly scene: Scene;
  readonly kubectl: Kubectl | undefined;
}

function countWork({ issuer }: Scene): IssuerWork {
  const issued = Object.values(issuer.requests.issued);
  return { signIns: issuer.requests.authorization, tokenRequests: issued.reduce((sum, count) => sum + count, 0) };
}

function introduce({ scene, kubectl, folder, settings, transcript }: Stage): void {
  const { issuer, apiServer } = scene;
  transcript.facts([
    ["issuer", settings.isPersonAsked ? issuer.url : `${issuer.url} (signs in Anna without asking)`],
    ["API server", apiServer.url],
    ["client", kubectl === undefined ? "the demo's own, because no kubectl was found" : `kubectl ${kubectl.version}`],
    ["files", folder.path],
  ]);
  if (!settings.isPersonAsked) return;
  transcript.heading("This time you sign in yourself");
  transcript.note("The certificate is the demo's own: let your browser accept it. Then sign in as one of");
  transcript.facts(issuer.accounts.map(({ id, password }) => [id, password]));
}

async function runStep({ scene, kubectl, folder, signal, settings }: Stage, step: Step): Promise<ProgramResult> {
  const { variables } = folder;
  const isAtTerminal = settings.isPersonAsked && step.signsIn === true;
  if (kubectl !== undefined) return await runProgram({ command: kubectl.path, args: step.kubectl, variables, isAtTerminal, signal });
  const { apiServer, certificateAuthorityPem, user } = scene;
  const client = { server: apiServer.url, certificateAuthorityPem, user, environment: variables, isInteractive: isAtTerminal, signal };
  return await callAsClient(client, step.call);
}

async function describeOutcome({ folder, settings, signal }: Stage, step: Step, result: ProgramResult): Promise<string> {
  const time = formatTime(result.durationMs);
  if (step.isRefused === true) return `${time}, refused by the API server`;
  if (step.signsIn !== true) return `${time}, nobody was asked`;
  if (settings.isPersonAsked) return `${time}, signed in`;
  const { pages, heading } = await readReport(folder.browserReport, signal);
  return `${time}, signed in: ${pages} pages in the browser, up to “${heading}”`;
}

/** What kubectl shows of the API server's answer, as one sentence. */
function describeUser({ stdout }: ProgramResult): string | undefined {
  const [, username] = /^Username +(.+)$/m.exec(stdout) ?? [];
  const [, groups] = /^Groups +\[(.+)\]$/m.exec(stdout) ?? [];
  if (username === undefined || groups === undefined) return undefined;
  return `The API server says that you are ${username},\nin the groups ${new Intl.ListFormat("en").format(groups.split(" "))}.`;
}

async function playStep(stage: Stage, step: Step): Promise<ProgramResult | undefined> {
  const { transcript, scene, kubectl } = stage;
  transcript.heading(step.title);
  if (kubectl === undefined) transcript.request(step.call.body === undefined ? "GET" : "POST", step.call.path);
  else transcript.command(["kubectl", ...step.kubectl].join(" "));
  const before = countWork(scene);
  const result = await runStep(stage, step);
  const after = countWork(scene);
  if (result.stderr !== "" && step.isRefused !== true) transcript.aside(result.stderr);
  transcript.output(step.isRefused === true ? result.stderr : result.stdout);
  const work = { signIns: after.signIns - before.signIns, tokenRequests: after.tokenRequests - before.tokenRequests };
  const problem = findProblem(step, result, work);
  if (problem !== undefined) {
    transcript.problem(`not as expected: ${problem}`);
    return undefined;
  }
  transcript.done(await describeOutcome(stage, step, result));
  return result;
}

function conclude({ scene, transcript }: Stage, first: ProgramResult | undefined): void {
  const { counts } = scene.apiServer;
  const { tokenRequests } = countWork(scene);
  const user = first === undefined ? undefined : describeUser(first);
  transcript.heading(user ?? "All went as it should.");
  transcript.facts([
    ["sign-ins at the issuer", String(scene.issuer.requests.issued["authorization_code"] ?? 0)],
    ["token requests", String(tokenRequests)],
    ["calls to the API server", `${counts.requests}, with ${counts.tokens === 1 ? "one and the same token" : `${counts.tokens} tokens`}`],
  ]);
}

async function keepRunning({ folder, kubectl, transcript, signal }: Stage): Promise<void> {
  transcript.heading("Everything goes on running until you press Ctrl-C; in another terminal:");
  transcript.note(`export KUBECONFIG='${folder.kubeconfig}'`);
  transcript.note(`${kubectl === undefined || kubectl.isOnPath ? "kubectl" : kubectl.path} get pods`);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function playSteps(stage: Stage): Promise<boolean> {
  introduce(stage);
  const results: ProgramResult[] = [];
  for (const step of steps) {
    const result = await playStep(stage, step);
    if (result === undefined) return false;
    results.push(result);
  }
  conclude(stage, results[0]);
  if (stage.settings.isKept) await keepRunning(stage);
  return true;
}

/** Plays the demo. Resolves to whether every step went as it should; rejects with the signal's reason when that is aborted. */
export async function playDemo(demo: Demo): Promise<boolean> {
  const { root, transcript, variables, signal, folder, settings } = demo;
  transcript.title("kubepass: one pass to every Kubernetes cluster");
  const announceBuild = (reason: string): void => transcript.note(`Building dist/kubepass, because ${reason} (npm run build) …`);
  const executable = await prepareExecutable({ root, variables, signal, announceBuild });
  // Before there is a kubeconfig: some kubectl (Google's dispatcher) ask the cluster for its version even for their own.
  const kubectl = await findKubectl(root, folder.variables, signal);
  const scene = await createScene({ folder, executable, isPersonAsked: settings.isPersonAsked, variables });
  try {
    return await playSteps({ ...demo, scene, kubectl });
  } finally {
    await scene.close();
  }
}
