import { expect, test } from "vitest";
import { decideInteraction, type InteractionFacts } from "./interaction.ts";

const desk: InteractionFacts = {
  setting: "auto",
  interactive: true,
  environment: { variables: { DISPLAY: ":0" }, platform: "linux" },
  terminal: { isTerminal: true, canRead: true },
};
const noTerminal = { isTerminal: false, canRead: false };

function linux(variables: Record<string, string>): InteractionFacts["environment"] {
  return { variables, platform: "linux" };
}

test.each<[string, Partial<InteractionFacts>, "open" | "print" | "never", boolean]>([
  ["a terminal on a desktop", {}, "open", true],
  ["a GUI on a desktop, without terminal", { interactive: false, terminal: noTerminal }, "open", false],
  ["kubectl apply -f - on a desktop", { interactive: false }, "open", false],
  ["a GUI on macOS with an empty environment", { environment: { variables: {}, platform: "darwin" }, terminal: noTerminal }, "open", false],
  ["a shell over SSH", { environment: linux({ SSH_CONNECTION: "1 2 3 4" }) }, "print", true],
  ["a shell over SSH on macOS", { environment: { variables: { SSH_TTY: "/dev/ttys0" }, platform: "darwin" } }, "print", true],
  ["a shell over SSH with X forwarding", { environment: linux({ SSH_TTY: "/dev/pts/0", DISPLAY: "localhost:10" }) }, "open", true],
  ["a Wayland session", { environment: linux({ WAYLAND_DISPLAY: "wayland-0" }) }, "open", true],
  ["WSL", { environment: linux({ WSL_DISTRO_NAME: "Debian" }) }, "open", true],
  ["a container with a terminal", { environment: linux({}) }, "print", true],
  ["a container whose terminal is not for us to read", { environment: linux({}), interactive: false }, "print", false],
  ["cron: neither display nor terminal", { environment: linux({}), terminal: noTerminal }, "never", false],
  ["CI on a machine with a display", { environment: linux({ CI: "true", DISPLAY: ":0" }) }, "never", false],
  ["CI=false on a desktop", { environment: linux({ CI: "false", DISPLAY: ":0" }) }, "open", true],
  ["a GitHub job", { environment: linux({ GITHUB_ACTIONS: "true" }) }, "never", false],
  ["a person who turned interaction off", { setting: "never" }, "never", false],
  ["a person who wants the URL printed", { setting: "print" }, "print", true],
  ["a person who insists on a browser in CI", { setting: "open", environment: linux({ CI: "1" }) }, "open", true],
])("%s", (_who, facts, mode, canAnswer) => {
  expect(decideInteraction({ ...desk, ...facts })).toMatchObject({ mode, canAnswer });
});
