/** A platform that the executable is built for. */
export interface Target {
  /** As it stands in file names: `linux-x64`. */
  readonly name: string;
  /** Bun's own name of it. */
  readonly bun: string;
  /** The package with the native keyring module. */
  readonly keyring: string;
  readonly suffix: string;
  /** Bun leaves it with a signature that does not fit, so that the build signs it. */
  readonly isSignedHere?: true;
}

/** Every platform that Bun can build for from npm packages alone. */
export const targets: readonly Target[] = [
  { name: "linux-x64", bun: "bun-linux-x64", keyring: "@napi-rs/keyring-linux-x64-gnu", suffix: "" },
  { name: "linux-arm64", bun: "bun-linux-arm64", keyring: "@napi-rs/keyring-linux-arm64-gnu", suffix: "" },
  { name: "darwin-x64", bun: "bun-darwin-x64", keyring: "@napi-rs/keyring-darwin-x64", suffix: "", isSignedHere: true },
  { name: "darwin-arm64", bun: "bun-darwin-arm64", keyring: "@napi-rs/keyring-darwin-arm64", suffix: "" },
  { name: "windows-x64", bun: "bun-windows-x64", keyring: "@napi-rs/keyring-win32-x64-msvc", suffix: ".exe" },
];

/** The platform this runs on; `undefined` when the executable is not built for it. */
export function findOwnTarget(platform: NodeJS.Platform, architecture: string): Target | undefined {
  const name = `${platform === "win32" ? "windows" : platform}-${architecture}`;
  return targets.find((target) => target.name === name);
}
