declare const KUBEPASS_BUILD_VERSION: string | undefined;
declare const KUBEPASS_BUILD_COMMIT: string | undefined;

/** What the build wrote into the program. */
export interface BuildInfo {
  readonly version: string;
  /** Absent when the sources were no git checkout. */
  readonly commit: string | undefined;
}

/** {@link readBuildInfo} in one text. */
export function formatBuild(): string {
  const { version, commit = "" } = readBuildInfo();
  return `${version} ${commit}`;
}

/** The version and commit that this program was built from; `0.0.0-source` when it runs from its sources. */
export function readBuildInfo(): BuildInfo {
  return {
    version: typeof KUBEPASS_BUILD_VERSION === "string" ? KUBEPASS_BUILD_VERSION : "0.0.0-source",
    commit: typeof KUBEPASS_BUILD_COMMIT === "string" && KUBEPASS_BUILD_COMMIT !== "" ? KUBEPASS_BUILD_COMMIT : undefined,
  };
}
