import { CredentialError } from "@kubepass/wire";

const conversion = "replace it: kubepass kubeconfig add";
const removed: Readonly<Record<string, string>> = {
  gcp: `${conversion}, or use gke-gcloud-auth-plugin`,
  azure: `${conversion}, or use the kubelogin of Azure`,
  openstack: `${conversion}, or use client-keystone-auth`,
};

/** Refuses an auth-provider that cannot be asked any more, with the way out. Throws `AUTH_PROVIDER_UNSUPPORTED`. */
export function refuseAuthProvider(name: string): CredentialError {
  const hint = Object.hasOwn(removed, name) ? removed[name] : undefined;
  const what = hint === undefined ? "is not known" : "was removed from Kubernetes clients";
  return new CredentialError("AUTH_PROVIDER_UNSUPPORTED", `the auth-provider ${JSON.stringify(name)} ${what}`, {
    hint: hint ?? "only oidc is known: use an exec plugin",
  });
}
