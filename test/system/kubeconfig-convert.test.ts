import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Outcome, start } from "./test-support/run.ts";

const role = "arn:aws:iam::123456789012:role/Admin";
const plugin = "apiVersion: client.authentication.k8s.io/v1beta1";

// As kubelogin's documents and `aws eks update-kubeconfig` write them.
const config = `apiVersion: v1
kind: Config
clusters:
- {name: prod, cluster: {server: "https://prod.example"}}
contexts:
- {name: prod, context: {cluster: prod, user: oidc}}
current-context: prod
users:
- name: oidc
  user:
    exec:
      ${plugin}
      command: kubectl
      args: [oidc-login, get-token, --oidc-issuer-url=https://issuer.example, --oidc-client-id=kubernetes]
- name: aws # of the team
  user:
    exec:
      ${plugin}
      command: aws
      args: [--region, eu-central-1, eks, get-token, --cluster-name, prod, --output, json, --role, "${role}"]
      env:
      - name: AWS_PROFILE
        value: work
- name: gcp
  user:
    auth-provider:
      name: gcp
      config: {cmd-path: /usr/bin/gcloud, cmd-args: config config-helper --format=json, access-token: hunter2}
`;

interface View {
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

function isView(value: unknown): value is View {
  return typeof value === "object" && value !== null && "users" in value && Array.isArray(value.users);
}

describe("a kubeconfig whose users were converted", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "kubepass-convert-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function convert(args: readonly string[]): Promise<Outcome> {
    return await start(inject("cluster").program, ["kubeconfig", "convert", ...args], { environment: { HOME: folder } }).ended;
  }

  async function view(path: string): Promise<View> {
    const environment = { HOME: folder };
    const { stdout } = checkExit(
      await start(getProgram("kubectl"), ["config", "view", "--raw", "-o", "json", `--kubeconfig=${path}`], { environment }).ended,
    );
    const value: unknown = JSON.parse(stdout);
    if (!isView(value)) throw new Error("kubectl shows no users");
    return value;
  }

  it("is what kubectl reads", async () => {
    const path = join(folder, "config");
    writeFileSync(path, config);
    const before = await view(path);
    checkExit(await convert([`--kubeconfig=${path}`, "--plugin-command=/opt/kubepass"]));
    const after = await view(path);
    const kubepass = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/opt/kubepass",
      interactiveMode: "IfAvailable",
      provideClusterInfo: false,
    };
    const redirect = "--redirect-url=http://localhost:8000";
    expect(Object.fromEntries(after.users.map(({ name, user }) => [name, user]))).toMatchObject({
      oidc: {
        exec: {
          ...kubepass,
          args: ["get-token", "oidc", "--issuer-url=https://issuer.example", "--client-id=kubernetes", redirect],
          env: null,
        },
      },
      aws: {
        exec: {
          ...kubepass,
          args: [
            "get-token",
            "eks",
            "--cluster-name=prod",
            "--region=eu-central-1",
            `--role-arn=${role}`,
            "--session-name=EKSGetTokenAuth",
          ],
          env: [{ name: "AWS_PROFILE", value: "work" }],
        },
      },
      gcp: { exec: { command: "gke-gcloud-auth-plugin", interactiveMode: "IfAvailable", provideClusterInfo: true } },
    });
    expect(JSON.stringify(after)).not.toContain("auth-provider");
    expect({ ...after, users: [] }).toEqual({ ...before, users: [] });
  });

  it("is one that kubectl runs kubepass for, with arguments that it understands", async () => {
    const path = join(folder, "run");
    writeFileSync(path, config);
    checkExit(await convert([`--kubeconfig=${path}`, "--user=oidc"]));
    const environment = { HOME: folder, KUBEPASS_NON_INTERACTIVE: "1" };
    const ran = await start(getProgram("kubectl"), ["get", "pods", `--kubeconfig=${path}`], { environment }).ended;
    expect(ran.stderr).toContain('"code":"LOGIN_REQUIRED"');
    expect(ran.stderr).toContain(
      "login oidc --issuer-url=https://issuer.example --client-id=kubernetes --redirect-url=http://localhost:8000",
    );
  });
});
