/**
 * What the person typed, for help and hints: kubectl runs `kubectl-pass` for `kubectl pass`.
 * `paths` are the names under which the program was started.
 */
export function findProgramName(paths: readonly string[]): string {
  const names = paths.map((path) => path.replace(/^.*[/\\]/, "").replace(/\.(exe|js|cmd)$/i, ""));
  return names.includes("kubectl-pass") ? "kubectl pass" : "kubepass";
}
