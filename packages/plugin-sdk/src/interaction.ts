import type { Environment, Terminal } from "./host.ts";

/** How a person may be reached; `auto` decides by what is there. */
export type InteractionSetting = "auto" | "open" | "print" | "never";

/** What was decided: open a browser, only print the URL, or ask nobody. */
export interface InteractionDecision {
  readonly mode: "open" | "print" | "never";
  /** A line may be read from the terminal. */
  readonly canAnswer: boolean;
  /** For people, as in `no display and no terminal`. */
  readonly reason: string;
}

/** What the decision rests on. */
export interface InteractionFacts {
  readonly setting: InteractionSetting;
  /** `spec.interactive` of the exec info: `false` means that standard input is not ours to read. */
  readonly interactive: boolean | undefined;
  readonly environment: Pick<Environment, "variables" | "platform">;
  readonly terminal: Pick<Terminal, "isTerminal" | "canRead">;
}

const automationVariables = [
  "CI",
  "GITHUB_ACTIONS",
  "GITLAB_CI",
  "BUILDKITE",
  "CIRCLECI",
  "TF_BUILD",
  "JENKINS_URL",
  "TEAMCITY_VERSION",
  "BITBUCKET_BUILD_NUMBER",
];

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}

function findAutomation(environment: InteractionFacts["environment"]): string | undefined {
  return automationVariables.find((name) => isSet(environment.variables[name]));
}

/** Whether a browser started here would appear before the person's eyes. */
export function hasDisplay(environment: InteractionFacts["environment"]): boolean {
  const { variables, platform } = environment;
  if (isSet(variables["SSH_CONNECTION"]) || isSet(variables["SSH_TTY"])) return isSet(variables["DISPLAY"]) && platform === "linux";
  if (platform === "darwin" || platform === "win32") return true;
  return ["DISPLAY", "WAYLAND_DISPLAY", "WSL_INTEROP", "WSL_DISTRO_NAME"].some((name) => isSet(variables[name]));
}

function decideMode(facts: InteractionFacts): Pick<InteractionDecision, "mode" | "reason"> {
  const { setting, environment, terminal } = facts;
  if (setting === "never") return { mode: "never", reason: "interaction is turned off" };
  if (setting !== "auto") return { mode: setting, reason: `interaction is set to ${setting}` };
  const automation = findAutomation(environment);
  if (automation !== undefined) return { mode: "never", reason: `this is an automated run (${automation} is set)` };
  if (hasDisplay(environment)) return { mode: "open", reason: "a display is there" };
  if (terminal.isTerminal) return { mode: "print", reason: "a terminal is there but no display" };
  return { mode: "never", reason: "there is no display and no terminal" };
}

/**
 * Who is there. `interactive: false` means only that standard input must not be read: a person may still sit in front of a
 * browser, as behind a GUI. Pure.
 */
export function decideInteraction(facts: InteractionFacts): InteractionDecision {
  const decision = decideMode(facts);
  const canAnswer = decision.mode !== "never" && facts.interactive !== false && facts.terminal.canRead && facts.terminal.isTerminal;
  return { ...decision, canAnswer };
}
