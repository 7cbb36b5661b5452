import { posix } from "node:path";
import { normalizePath } from "./finding.ts";

const shells = /^(?:r?bash|(?:a|c|da|fi|hu|k|lk|mk|ok|ya|za|tc|z|xon|elvi|pw)?sh|elvish|nu|cmd|command\.com|powershell|busybox|toybox)$/;

// Programs that run whatever their arguments say, or send and fetch whatever they say.
const runners: ReadonlySet<string> = new Set(
  [
    "env xargs parallel find fd awk gawk mawk nawk sed gsed ed ex vi vim nvim emacs less more man make gmake git tar rsync",
    "timeout gtimeout nohup nice ionice chrt taskset setsid stdbuf unbuffer script expect flock watch time exec eval at batch",
    "sudo su doas pkexec runuser runas gosu su-exec setpriv systemd-run start-stop-daemon launchctl crontab",
    "ssh sshpass autossh mosh rsh rlogin telnet nc ncat netcat socat curl wget fetch openssl aria2c",
    "docker docker-compose podman nerdctl ctr runc crun lxc-attach lxc nsenter unshare chroot proot fakeroot bwrap firejail flatpak snap",
    "python pythonw pypy py perl ruby irb node nodejs deno bun php lua luajit tclsh wish osascript java javaw jshell groovy scala kotlin",
    "dotnet mono go cargo rscript julia elixir erl escript tsx ts-node qjs guile racket ghc runghc gdb lldb strace ltrace",
    "npx npm pnpm pnpx yarn yarnpkg bunx corepack uv uvx pipx pip pip3 conda mamba poetry rye hatch mise asdf nix nix-shell nix-run brew",
    "rundll32 regsvr32 mshta wscript cscript msbuild wmic bitsadmin certutil forfiles conhost wsl start open xdg-open",
  ].flatMap((line) => line.split(" ")),
);

/** The last part of a path, without `.exe`. */
export function nameProgram(command: string): string {
  return posix.basename(normalizePath(command)).replace(/\.(?:exe|cmd|bat|com)$/i, "");
}

// python3.12 is python, nc.openbsd is nc, bash-5.2 is bash.
function listNames(command: string): readonly string[] {
  // No file has a longer name.
  const name = nameProgram(command).slice(0, 255).toLowerCase();
  return [name, name.replace(/[-_]?\d[\d.]*$/, ""), name.replace(/\.(?:openbsd|traditional)$/, "")];
}

function isShell(command: string): boolean {
  return listNames(command).some((name) => shells.test(name));
}

/** Whether a program runs whatever its arguments say. */
export function isRunner(command: string): boolean {
  return isShell(command) || /^ld(?:-.*)?\.so(?:\.|$)/.test(nameProgram(command)) || listNames(command).some((name) => runners.has(name));
}

/** The first argument that is a shell, by its name, or another such program, by its path. */
export function findRunnerArgument(args: readonly string[]): string | undefined {
  const programs = args.map((argument) => /^\s*(\S+)/.exec(argument)?.[1] ?? "");
  return programs.find((program) => (isPath(program) ? isRunner(program) : isShell(program) && !/[/\\:]/.test(program)));
}

function isPath(text: string): boolean {
  return /^(?:[/\\~]|\.{1,2}[/\\]|[a-z]:[/\\])/i.test(text);
}

/** Whether a program lies where everybody on the machine may put one. */
export function isInSharedFolder(command: string): boolean {
  return /^(?:\/private)?\/(?:tmp|var\/tmp|dev\/shm|run\/shm|run\/lock|var\/lock)\//.test(normalizePath(command));
}
