import type { JsonObject } from "@kubepass/wire";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../options/parse-arguments.ts";
import { convert, plugin, provider } from "../test-support/convert-entry.ts";
import type { Conversion, Surroundings } from "./conversion.ts";

function argumentsOf(conversion: Conversion): unknown {
  return conversion.kind === "converted" ? conversion.exec["args"] : `${conversion.kind}: ${conversion.reason}`;
}

const issuer = ["--issuer-url=https://issuer.example", "--client-id=k"];
const oidc = { "idp-issuer-url": "https://issuer.example", "client-id": "k" };
const kubelogin = ["get-token", "--oidc-issuer-url=https://issuer.example", "--oidc-client-id=k"];
const redirect = "--redirect-url=http://localhost:8000";
const role = "arn:aws:iam::123456789012:role/Admin";

/** A user entry, and the arguments after `get-token` that it gets. */
const accepted: readonly [string, JsonObject, readonly string[]][] = [
  ["the auth-provider oidc", provider("oidc", oidc), ["oidc", ...issuer]],
  [
    "one with scopes and authorities",
    provider("oidc", {
      ...oidc,
      "extra-scopes": "groups, email,",
      "idp-certificate-authority": "ca.pem",
      "idp-certificate-authority-data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n",
    }),
    [
      "oidc",
      ...issuer,
      "--extra-scope=groups",
      "--extra-scope=email",
      "--certificate-authority=/home/anna/.kube/ca.pem",
      "--certificate-authority-data=LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
    ],
  ],
  ["kubelogin by its name", plugin("/usr/bin/kubelogin", kubelogin), ["oidc", issuer[0] ?? "", issuer[1] ?? "", redirect]],
  ["kubelogin as kubectl's plugin", plugin("kubectl", ["oidc-login", "-v1", ...kubelogin]), ["oidc", ...issuer, redirect, "--verbosity=1"]],
  [
    "kubelogin on Windows",
    plugin("C:\\bin\\kubectl-oidc_login.exe", [...kubelogin, "--v", "9"]),
    ["oidc", ...issuer, redirect, "--verbosity=2"],
  ],
  [
    "values after a blank, lists at commas, the last of two",
    plugin("kubelogin", [
      "get-token",
      "--oidc-issuer-url",
      "https://other.example",
      "--oidc-client-id",
      "k",
      "--oidc-issuer-url=https://issuer.example",
      "--oidc-extra-scope=a,b",
      "--oidc-extra-scope",
      "c",
    ]),
    ["oidc", ...issuer, redirect, "--extra-scope=a", "--extra-scope=b", "--extra-scope=c"],
  ],
  [
    "flags of kubelogin that mean the same here",
    plugin("kubelogin", [
      ...kubelogin,
      "--skip-open-browser",
      "--browser-command=/opt/my browser",
      "--token-cache-storage=disk",
      "--oidc-use-access-token",
      "--insecure-skip-tls-verify=false",
      "--authentication-timeout-sec=60",
      "--oidc-pkce-method=S256",
      "--oidc-auth-request-extra-params=claims={1,2}",
      "--oidc-auth-request-extra-params=a=b,c=d",
    ]),
    [
      "oidc",
      ...issuer,
      redirect,
      "--sign-in-timeout=60",
      "--auth-request-extra-params=claims={1,2}",
      "--auth-request-extra-params=a=b",
      "--auth-request-extra-params=c=d",
      "--use-access-token",
      "--skip-open-browser",
      '--browser-command="/opt/my browser"',
      "--session-store=file",
    ],
  ],
  [
    "a port of kubelogin's own",
    plugin("kubelogin", [...kubelogin, "--listen-address=127.0.0.1:9000"]),
    ["oidc", ...issuer, "--redirect-url=http://localhost:9000"],
  ],
  [
    "any port",
    plugin("kubelogin", [...kubelogin, "--listen-address=127.0.0.1:0"]),
    ["oidc", ...issuer, "--redirect-host=localhost", "--callback-path=/"],
  ],
  [
    "a redirect over https",
    plugin("kubelogin", [...kubelogin, "--local-server-cert=c", "--local-server-key=k"]),
    ["oidc", ...issuer, "--redirect-url=https://localhost:8000", "--local-server-certificate=c", "--local-server-key=k"],
  ],
  [
    "a redirect through somebody else",
    plugin("kubelogin", [...kubelogin, "--oidc-redirect-url=https://proxy.example/cb"]),
    ["oidc", ...issuer, "--redirect-url=https://proxy.example/cb", "--listen-address=127.0.0.1:8000", "--listen-address=127.0.0.1:18000"],
  ],
  [
    "a code that is pasted",
    plugin("kubelogin", [...kubelogin, "--grant-type=authcode-keyboard"]),
    ["oidc", ...issuer, "--grant-type=authorization-code", "--skip-open-browser"],
  ],
  ["a device code", plugin("kubelogin", [...kubelogin, "--grant-type=device-code"]), ["oidc", ...issuer, "--grant-type=device-code"]],
  [
    "a machine's ID token",
    plugin("kubelogin", [...kubelogin, "--grant-type=client-credentials"]),
    ["oidc", ...issuer, "--grant-type=client-credentials", "--token-kind=id"],
  ],
  [
    "the AWS CLI as it writes itself into kubeconfigs",
    plugin("aws", ["--region", "eu-central-1", "eks", "get-token", "--cluster-name", "prod", "--output", "json", "--role", role]),
    ["eks", "--cluster-name=prod", "--region=eu-central-1", `--role-arn=${role}`, "--session-name=EKSGetTokenAuth"],
  ],
  [
    "the AWS CLI with more",
    plugin("/usr/local/bin/aws", [
      "eks",
      "get-token",
      "--cluster-id=x",
      "--profile=work",
      "--ca-bundle=/ca",
      "--debug",
      "--query",
      "status",
      "--session-name=s",
    ]),
    ["eks", "--cluster-id=x", "--profile=work", "--certificate-authority=/ca"],
  ],
  [
    "aws-iam-authenticator",
    plugin("aws-iam-authenticator", ["token", "-i", "prod", "--region=eu-west-1", "--cache"]),
    ["eks", "--cluster-id=prod", "--region=eu-west-1"],
  ],
  [
    "aws-iam-authenticator with a role",
    plugin("heptio-authenticator-aws", ["token", "-iprod", "-r", role, "-e=ext", "--forward-session-name"]),
    ["eks", "--cluster-id=prod", `--role-arn=${role}`, "--external-id=ext", "--forward-session-name"],
  ],
  [
    "aws-iam-authenticator by its variables",
    plugin("aws-iam-authenticator", ["token"], { KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID: "prod", DEFAULT_ROLE: role, AWS_REGION: "x" }),
    ["eks", "--cluster-id=prod", `--role-arn=${role}`],
  ],
];

describe("a user who is converted to kubepass", () => {
  test.each(accepted)("%s", (_name, content, args) => {
    const conversion = convert(content);
    expect(argumentsOf(conversion)).toEqual(["get-token", ...args]);
    expect(conversion).toMatchObject({
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "/opt/kubepass",
        installHint: expect.stringContaining("install kubepass"),
        interactiveMode: "IfAvailable",
        provideClusterInfo: false,
      },
    });
    // kubepass understands what it wrote.
    expect(parseArguments(["get-token", ...args]).problems).toEqual([]);
  });

  test.each(accepted)("%s: is left alone from then on", (_name, content) => {
    const first = convert(content);
    const exec = first.kind === "converted" ? first.exec : {};
    expect(convert({ exec })).toMatchObject({ kind: "current" });
  });

  test.each<[string, JsonObject, Partial<Surroundings>, readonly string[], readonly string[]]>([
    [
      "old tokens",
      provider("oidc", { ...oidc, "id-token": "hunter2", "refresh-token": "hunter3" }),
      {},
      ["id-token and refresh-token leave the kubeconfig: the next kubectl signs in once"],
      ["redirect URL http://127.0.0.1/callback"],
    ],
    [
      "settings that nobody reads",
      provider("oidc", { ...oidc, "x\u001b[31m": "hunter2" }),
      {},
      ["left out, because nothing reads it: x[31m"],
      ["redirect URL"],
    ],
    [
      "an authority beside the kubeconfig",
      provider("oidc", { ...oidc, "idp-certificate-authority": "ca.pem" }),
      {},
      [],
      ["redirect URL", "see that /home/anna/.kube/ca.pem is the authority"],
    ],
    [
      "flags without a counterpart",
      plugin("kubelogin", [...kubelogin, "--token-cache-dir", "/x", "--oidc-pkce-method=no", "--tls-renegotiation-once"]),
      {},
      [
        "--token-cache-dir is left out: kubepass chooses its folders itself",
        "--tls-renegotiation-once is left out",
        "PKCE is always used",
        "redirect URL http://localhost:8000",
        "signs in once",
      ],
      [],
    ],
    [
      "a certificate that nobody checks",
      plugin("kubelogin", [...kubelogin, "--insecure-skip-tls-verify", "--grant-type=device-code"]),
      {},
      ["signs in once"],
      ["give --certificate-authority instead of --insecure-skip-tls-verify"],
    ],
    [
      "a region that is not said",
      plugin("aws-iam-authenticator", ["token", "-i", "prod"]),
      {},
      [],
      ["if neither AWS_REGION nor the profile names a region"],
    ],
    [
      "a region that the cluster's address says",
      plugin("aws-iam-authenticator", ["token", "-i", "prod"]),
      { region: "eu-north-1" },
      ["the region eu-north-1 is that of the cluster's address"],
      [],
    ],
    [
      "variables",
      plugin("aws", ["eks", "get-token", "--cluster-name=p"], { AWS_PROFILE: "work", AWS_SECRET_ACCESS_KEY: "hunter2" }),
      {},
      ["its variables stay: AWS_PROFILE, AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY still stands in the kubeconfig"],
      [],
    ],
    [
      "options of a role that is not there",
      plugin("aws-iam-authenticator", ["token", "-i", "p", "-s", "n", "--region=r", "--log-format=json"]),
      {},
      ["--session-name is left out: there is no role", "--log-format is left out"],
      [],
    ],
    [
      "somebody beside another person",
      provider("oidc", oidc),
      { account: "anna@example.com" },
      ["--account keeps this person apart"],
      ["redirect URL"],
    ],
  ])("is told of %s", (_name, content, more, notes, todo) => {
    const conversion = convert(content, more);
    expect(conversion).toMatchObject({
      kind: "converted",
      notes: notes.map((text) => expect.stringContaining(text)),
      todo: todo.map((text) => expect.stringContaining(text)),
    });
    expect(JSON.stringify(conversion)).not.toMatch(/hunter/);
  });

  test("keeps a client secret where it was said, and nowhere else", () => {
    for (const content of [
      provider("oidc", { ...oidc, "client-secret": "hunter2" }),
      plugin("kubelogin", [...kubelogin, "--oidc-client-secret", "hunter2"]),
    ]) {
      expect(convert(content)).toMatchObject({ kind: "refused", hint: expect.stringContaining("--client-secret-file=FILE") });
      const conversion = convert(content, { secretFile: "/home/anna/secret" });
      expect(argumentsOf(conversion)).toContain("--client-secret-file=/home/anna/secret");
      expect(conversion.kind === "converted" && conversion.secret?.reveal()).toBe("hunter2");
      expect(JSON.stringify(conversion)).not.toContain("hunter2");
    }
  });

  test("gets what the cluster has to say, where it has something", () => {
    expect(convert(provider("oidc", oidc), { providesClusterInfo: true })).toMatchObject({ exec: { provideClusterInfo: true } });
  });
});
