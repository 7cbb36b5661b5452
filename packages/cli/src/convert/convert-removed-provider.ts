import type { AuthProviderConfig } from "@kubepass/kubeconfig";
import { formatPrintable } from "@kubepass/wire";
import type { ExecStanza } from "../plugin-stanza.ts";
import { type Conversion, type Converted, type Kept, refuseConversion } from "./conversion.ts";
import { scanFlags } from "./foreign-flags.ts";

type Find = (key: string) => string;

/** A stanza of a vendor's plugin. All three print v1beta1, two of them whatever they are asked for. */
function formatVendorStanza(command: string, args: readonly string[], installHint: string, providesClusterInfo = false): ExecStanza {
  return {
    apiVersion: "client.authentication.k8s.io/v1beta1",
    command,
    args,
    installHint,
    interactiveMode: "IfAvailable",
    provideClusterInfo: providesClusterInfo,
  };
}

function listFlags(find: Find, flags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flags).flatMap(([key, flag]) => (find(key) === "" ? [] : [`--${flag}=${find(key)}`]));
}

function describeTokens(find: Find, keys: readonly string[]): readonly string[] {
  const stored = keys.filter((key) => find(key) !== "");
  return stored.length === 0 ? [] : [`${stored.join(" and ")} leave${stored.length === 1 ? "s" : ""} the kubeconfig`];
}

const gcloudFlags = { project: "project", account: "account", "impersonate-service-account": "impersonate_service_account" };

/** What `gcloud config config-helper` was told, as flags of the plugin, which runs it in the same way. */
function readGcloudArguments(find: Find): readonly string[] | Kept {
  const [program = "", ...tail] = find("cmd-path").trim().split(/\s+/);
  const given = find("cmd-args").trim();
  const args = given === "" ? tail : given.split(/\s+/);
  // The plugin gives access tokens; an ID token would be somebody else to the cluster.
  const tokenKey = find("token-key").trim();
  if (!["", "{.credential.access_token}"].includes(tokenKey)) {
    const hint = "let an exec plugin print what it printed, as an ExecCredential";
    return refuseConversion("auth-provider gcp", `its token was ${formatPrintable(tokenKey, 120)}, which the plugin does not print`, hint);
  }
  const isGcloud = /(?:^|[/\\])gcloud(?:\.cmd|\.exe)?$/.test(program);
  const scanned = scanFlags(args, { values: ["format", ...Object.keys(gcloudFlags)], switches: [] });
  if (isGcloud && scanned.words.join(" ") === "config config-helper" && scanned.problem === undefined) {
    return listFlags((key) => scanned.given.get(key) ?? "", gcloudFlags);
  }
  const what = `it ran ${formatPrintable(isGcloud ? "gcloud with arguments that the plugin does not have" : program, 120)}`;
  return refuseConversion("auth-provider gcp", what, "let an exec plugin print what it printed, as an ExecCredential");
}

function convertGcp(find: Find): Conversion {
  const scopes = find("scopes");
  const args = find("cmd-path") === "" ? ["--use_application_default_credentials"] : readGcloudArguments(find);
  if ("kind" in args) return args;
  const installHint = "install gke-gcloud-auth-plugin, for example with: gcloud components install gke-gcloud-auth-plugin";
  return {
    kind: "converted",
    from: "auth-provider gcp",
    to: "gke-gcloud-auth-plugin",
    exec: formatVendorStanza("gke-gcloud-auth-plugin", args, installHint, true),
    notes: [
      ...describeTokens(find, ["access-token"]),
      ...(scopes === "" ? [] : ["its scopes are left out: the plugin asks for cloud-platform and userinfo.email"]),
    ],
    todo: ["install gke-gcloud-auth-plugin, which is Google's own; kubepass has no provider for GKE yet"],
  };
}

const azureFlags = { "apiserver-id": "server-id", "client-id": "client-id", "tenant-id": "tenant-id", environment: "environment" };

function convertAzure(find: Find): Conversion {
  const from = "auth-provider azure";
  const missing = ["apiserver-id", "client-id", "tenant-id"].filter((key) => find(key) === "");
  if (missing.length > 0)
    return refuseConversion(from, `it has no ${missing.join(" and no ")}`, "write the user anew: az aks get-credentials");
  const mode = find("config-mode");
  if (!["", "0", "1"].includes(mode))
    return refuseConversion(from, "its config-mode is neither 0 nor 1", "write the user anew: az aks get-credentials");
  const legacy = mode === "1" ? [] : ["--legacy"];
  // In two words each: Azure's own converter, when somebody runs it later, reads no other form.
  const flags = listFlags(find, azureFlags).flatMap((flag) => [flag.slice(0, flag.indexOf("=")), flag.slice(flag.indexOf("=") + 1)]);
  const args = ["get-token", "--login", "devicecode", ...flags, ...legacy];
  const isLegacy = legacy.length > 0 ? ["its tokens were for spn:ID (config-mode 0), hence --legacy"] : [];
  return {
    kind: "converted",
    from,
    to: "kubelogin get-token of Azure",
    exec: formatVendorStanza("kubelogin", args, "install the kubelogin of Azure, for example with: az aks install-cli"),
    notes: [...describeTokens(find, ["access-token", "refresh-token"]), ...isLegacy],
    todo: ["install the kubelogin of Azure (az aks install-cli); kubepass has no provider for Entra ID yet"],
  };
}

const keystoneFlags = { identityEndpoint: "keystone-url", name: "domain-name", username: "user-name", tenantName: "project-name" };

function convertOpenstack(find: Find): Conversion {
  const from = "auth-provider openstack";
  if (find("tenantId") !== "" && find("tenantName") === "") {
    return refuseConversion(
      from,
      "it names its project by tenantId, which client-keystone-auth cannot",
      "put the project's name into tenantName, and convert again",
    );
  }
  const hasPassword = find("password") !== "";
  return {
    kind: "converted",
    from,
    to: "client-keystone-auth",
    exec: formatVendorStanza(
      "client-keystone-auth",
      listFlags(find, keystoneFlags),
      "install client-keystone-auth of cloud-provider-openstack",
    ),
    notes: hasPassword ? ["the password leaves the kubeconfig"] : [],
    todo: [
      "install client-keystone-auth, which is OpenStack's own; kubepass has no provider for Keystone yet",
      ...(hasPassword ? ["set OS_PASSWORD where kubectl runs, or type the password when it asks"] : []),
    ],
  };
}

const converters: Readonly<Record<string, (find: Find) => Conversion>> = {
  gcp: convertGcp,
  azure: convertAzure,
  openstack: convertOpenstack,
};

/** An auth-provider that clients have lost, as the plugin that its vendor made instead; `undefined` for another one. */
export function convertRemovedProvider({ name, config }: AuthProviderConfig): Converted | Kept | undefined {
  return Object.hasOwn(converters, name) ? converters[name]?.((key) => config.get(key)?.reveal() ?? "") : undefined;
}
