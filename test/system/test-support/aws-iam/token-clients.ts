import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AwsKey } from "@kubepass/testkit";
import { inject } from "vitest";
import { getProgram } from "../programs.ts";
import { checkExit, start } from "../run.ts";
import { type AwsIamScene, clusterId, keyVariables } from "./scene.ts";

/** Makes a token of a key, by one program. */
export type TokenClient = (key: AwsKey) => Promise<string>;

/** aws-iam-authenticator, kubepass, and the AWS CLI where it is on the path; where it is not, that is told. */
export function listTokenClients({ folder, environment }: AwsIamScene): readonly TokenClient[] {
  const create = (program: string, args: readonly string[]): TokenClient => {
    return async (key) => {
      // Each key has a home of its own: nothing that a client keeps is handed to another identity.
      const home = join(folder, `client-${key.accessKeyId}`);
      mkdirSync(home, { recursive: true, mode: 0o700 });
      const own = { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home, KUBEPASS_SESSION_STORE: "none" };
      const outcome = await start(program, args, { environment: { ...environment, ...keyVariables(key), ...own } }).ended;
      const { status } = JSON.parse(checkExit(outcome).stdout);
      return status.token;
    };
  };
  const clients = [
    create(getProgram("aws-iam-authenticator"), ["token", "-i", clusterId, "--region", "us-west-2"]),
    create(inject("cluster").program, ["get-token", "eks", `--cluster-name=${clusterId}`, "--region=us-west-2"]),
  ];
  if (spawnSync("aws", ["--version"], { stdio: "ignore" }).status === 0)
    return [...clients, create("aws", ["eks", "get-token", "--cluster-name", clusterId, "--output", "json"])];
  process.stderr.write("THE AWS CLI IS NOT ON THE PATH: no server is shown its tokens (pip install awscli)\n");
  return clients;
}
