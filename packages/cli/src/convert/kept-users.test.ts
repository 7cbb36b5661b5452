import type { JsonObject } from "@kubepass/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../options/parse-arguments.ts";
import { convert, plugin, provider } from "../test-support/convert-entry.ts";

const oidc = { "idp-issuer-url": "https://issuer.example", "client-id": "k" };
const kubelogin = ["get-token", "--oidc-issuer-url=https://issuer.example", "--oidc-client-id=k"];

describe("a removed auth-provider", () => {
  const gcloud = { "cmd-path": "/opt/google/bin/gcloud", "cmd-args": "config config-helper --format=json", "access-token": "hunter2" };
  const azure = { "apiserver-id": "s", "client-id": "c", "tenant-id": "t", "access-token": "hunter2", "refresh-token": "hunter3" };

  test.each<[string, JsonObject, string, readonly string[]]>([
    ["gcp by gcloud", provider("gcp", gcloud), "gke-gcloud-auth-plugin", []],
    [
      "gcp with an account",
      provider("gcp", { "cmd-path": "gcloud config config-helper --account=a@example.com --project p" }),
      "gke-gcloud-auth-plugin",
      ["--project=p", "--account=a@example.com"],
    ],
    ["gcp without a command", provider("gcp"), "gke-gcloud-auth-plugin", ["--use_application_default_credentials"]],
    [
      "azure",
      provider("azure", { ...azure, environment: "AzureChinaCloud", "config-mode": "1" }),
      "kubelogin",
      [
        "get-token",
        "--login",
        "devicecode",
        "--server-id",
        "s",
        "--client-id",
        "c",
        "--tenant-id",
        "t",
        "--environment",
        "AzureChinaCloud",
      ],
    ],
    [
      "azure with the older audience",
      provider("azure", azure),
      "kubelogin",
      ["get-token", "--login", "devicecode", "--server-id", "s", "--client-id", "c", "--tenant-id", "t", "--legacy"],
    ],
    [
      "openstack",
      provider("openstack", { identityEndpoint: "https://k.example/v3", username: "u", password: "hunter2", name: "d", tenantName: "p" }),
      "client-keystone-auth",
      ["--keystone-url=https://k.example/v3", "--domain-name=d", "--user-name=u", "--project-name=p"],
    ],
    ["openstack by variables", provider("openstack"), "client-keystone-auth", []],
  ])("becomes its vendor's plugin: %s", (_name, content, command, args) => {
    const conversion = convert(content);
    expect(conversion).toMatchObject({
      kind: "converted",
      exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command, args, interactiveMode: "IfAvailable" },
    });
    expect(JSON.stringify(conversion)).not.toMatch(/hunter/);
    const exec: JsonObject = conversion.kind === "converted" ? conversion.exec : {};
    expect(exec["installHint"]).toContain(command);
    expect(convert({ exec })).toMatchObject({ kind: "current" });
  });
});

describe("a user who stays", () => {
  test.each<[string, JsonObject, "foreign" | "refused" | "current", string]>([
    ["nobody", {}, "foreign", "only auth-providers and plugins"],
    ["a token", { token: "hunter2" }, "foreign", "only auth-providers and plugins"],
    ["a plugin that is not known", plugin("doctl", ["token"]), "foreign", "only auth-providers and the plugins of kubelogin and AWS"],
    ["another command of the AWS CLI", plugin("aws", ["sts", "get-caller-identity"]), "foreign", "only"],
    ["an auth-provider that is not known", provider("constructor"), "foreign", "only"],
    ["Azure's kubelogin", plugin("kubelogin", ["get-token", "--login", "spn", "--server-id", "s"]), "current", "Azure's own plugin"],
    ["Google's plugin", plugin("gke-gcloud-auth-plugin", []), "current", "Google's own plugin"],
    ["somebody with both", { ...plugin("aws", []), ...provider("oidc") }, "refused", "no user with both"],
    ["somebody with a token too", { ...provider("oidc", oidc), token: "hunter2" }, "refused", "it has a token too"],
    ["somebody with a token file too", { ...provider("oidc", oidc), tokenFile: "/t" }, "refused", "it has a token too"],
    [
      "somebody with a certificate too",
      { ...plugin("kubelogin", kubelogin), "client-certificate": "/c" },
      "refused",
      "a client certificate too",
    ],
    ["no issuer", provider("oidc", { "client-id": "k" }), "refused", "issuer-url is missing"],
    ["an issuer without TLS", provider("oidc", { ...oidc, "idp-issuer-url": "http://issuer.example" }), "refused", "must be https"],
    ["an authority that is none", provider("oidc", { ...oidc, "idp-certificate-authority-data": "hunter2" }), "refused", "base64 of PEM"],
    ["an unknown flag", plugin("kubelogin", [...kubelogin, "--oidc-new", "hunter2"]), "refused", "--oidc-new"],
    [
      "a flag of kubepass alone",
      plugin("kubelogin", [...kubelogin, "--client-secret-command=sh"]),
      "refused",
      "kubelogin has no flag --client-secret-command",
    ],
    ["a stray word", plugin("kubelogin", [...kubelogin, "hunter2"]), "refused", "belongs to no flag"],
    ["a flag without its value", plugin("kubelogin", [...kubelogin, "--oidc-client-id"]), "refused", "--oidc-client-id needs a value"],
    ["a password", plugin("kubelogin", [...kubelogin, "--username=anna", "--password=hunter2"]), "refused", "user name and password"],
    ["a header", plugin("kubelogin", [...kubelogin, "--oidc-request-header=Authorization=hunter2"]), "refused", "request headers"],
    [
      "a redirect that comes back nowhere",
      plugin("kubelogin", [...kubelogin, "--oidc-redirect-url=urn:ietf:wg:oauth:2.0:oob"]),
      "refused",
      "redirect URL",
    ],
    [
      "listening to everybody",
      plugin("kubelogin", [...kubelogin, "--oidc-redirect-url=http://localhost:8000", "--listen-address=0.0.0.0:8000"]),
      "refused",
      "listen-address must be on one of",
    ],
    ["kubelogin without arguments", plugin("kubelogin", ["get-token"]), "refused", "issuer-url is missing"],
    ["kubelogin doing something else", plugin("kubelogin", ["setup"]), "foreign", "only"],
    [
      "an unknown flag of the AWS CLI",
      plugin("aws", ["eks", "get-token", "--cluster-name=p", "--pizza", "hunter2"]),
      "refused",
      '"--pizza"',
    ],
    ["two clusters", plugin("aws", ["eks", "get-token", "--cluster-name=p", "--cluster-id=q"]), "refused", "contradict each other"],
    ["no cluster", plugin("aws-iam-authenticator", ["token", "--region=r"]), "refused", "names no cluster"],
    ["a file that is not read", plugin("aws-iam-authenticator", ["token", "-i", "p", "-c", "/c"]), "refused", "is not read"],
    ["no value", plugin("aws-iam-authenticator", ["token", "-i"]), "refused", "--cluster-id has no value"],
    ["a role that is none", plugin("aws-iam-authenticator", ["token", "-i", "p", "-r", "admin"]), "refused", "must be the ARN of a role"],
    ["gcp by another program", provider("gcp", { "cmd-path": "/bin/sh", "cmd-args": "-c hunter2" }), "refused", "it ran /bin/sh"],
    [
      "gcp with another token",
      provider("gcp", { "cmd-path": "gcloud config config-helper", "token-key": "{.credential.id_token}" }),
      "refused",
      "its token was {.credential.id_token}, which the plugin does not print",
    ],
    [
      "gcp by gcloud with more",
      provider("gcp", { "cmd-path": "gcloud", "cmd-args": "config config-helper --configuration=x" }),
      "refused",
      "does not have",
    ],
    ["azure without a tenant", provider("azure", { "apiserver-id": "a", "client-id": "b" }), "refused", "it has no tenant-id"],
    [
      "azure in another mode",
      provider("azure", { "apiserver-id": "a", "client-id": "b", "tenant-id": "c", "config-mode": "2" }),
      "refused",
      "config-mode",
    ],
    [
      "openstack by an id",
      provider("openstack", { identityEndpoint: "https://k", tenantId: "t", password: "hunter2" }),
      "refused",
      "tenantId",
    ],
  ])("%s", (_name, content, kind, reason) => {
    const conversion = convert(content);
    expect(conversion).toMatchObject({ kind, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(conversion)).not.toMatch(/hunter/);
  });
});

describe("arguments of any shape", () => {
  const flags = [
    "--oidc-issuer-url",
    "--oidc-client-id=k",
    "--listen-address",
    "-v",
    "--cluster-name",
    "-i",
    "-",
    "--",
    "=",
    "--=",
    "--__proto__=x",
    "--help",
    "--version",
    "-ojson",
  ];
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), fc.constantFrom(...flags), fc.constant("x".repeat(100_000)));
  const commands = [
    ["kubelogin", "get-token"],
    ["kubectl", "oidc-login", "get-token"],
    ["aws", "eks", "get-token"],
    ["aws-iam-authenticator", "token"],
  ];

  test("lead to an answer, and kubepass understands what is written", () => {
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.array(text, { maxLength: 6 }), ([command = "", ...head], args) => {
        const conversion = convert(plugin(command, [...head, ...args]));
        if (conversion.kind !== "converted") return;
        const written: unknown = conversion.exec["args"];
        expect(parseArguments(Array.isArray(written) ? written : []).problems).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("in auth-providers as well", () => {
    const key = fc.oneof(
      fc.constantFrom("idp-issuer-url", "client-id", "cmd-path", "cmd-args", "id-token", "extra-scopes", "tenantId"),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("oidc", "gcp", "azure", "openstack", "__proto__"),
        fc.dictionary(key, text, { noNullPrototype: true }),
        (name, config) => {
          expect(["converted", "refused", "foreign"]).toContain(convert(provider(name, config)).kind);
        },
      ),
      { numRuns: 200 },
    );
  });
});
