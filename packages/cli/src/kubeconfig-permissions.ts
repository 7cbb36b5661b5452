import { statSync } from "node:fs";
import type { Finding, Kubeconfig } from "@kubepass/kubeconfig";
import type { KubeconfigSources } from "./kubeconfig-sources.ts";

function hasSecrets({ users }: Kubeconfig): boolean {
  return [...users.values()].some(({ token, password, clientKeyData, authProvider }) => {
    const hasStatic = token !== undefined || password !== undefined || clientKeyData !== undefined;
    return hasStatic || (authProvider?.config.size ?? 0) > 0;
  });
}

function findMode(path: string): number {
  try {
    return statSync(path).mode;
  } catch {
    return 0;
  }
}

function judgeFile(path: string, kubeconfig: Kubeconfig): Finding | undefined {
  const mode = findMode(path);
  const hint = `chmod 600 ${path}`;
  if ((mode & 0o022) !== 0)
    return {
      level: "risk",
      code: "FILE_WRITABLE",
      subject: path,
      file: path,
      text: "others may write to it, and so choose what runs",
      hint,
    };
  if ((mode & 0o044) !== 0 && hasSecrets(kubeconfig))
    return { level: "risk", code: "FILE_READABLE", subject: path, file: path, text: "others may read the secrets in it", hint };
  return undefined;
}

/** Which of the kubeconfigs themselves are open to others. On Windows modes say nothing. */
export function findOpenFiles({ sources }: KubeconfigSources, platform: NodeJS.Platform): readonly Finding[] {
  if (platform === "win32") return [];
  return sources.map(({ path, kubeconfig }) => judgeFile(path, kubeconfig)).filter((finding) => finding !== undefined);
}
