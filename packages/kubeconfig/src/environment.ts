/** What of the surroundings decides which kubeconfig is meant. `process.env` and `process.platform` in a program. */
export interface KubeconfigEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** What somebody should know though nothing failed. */
export type Warn = (message: string) => void;
