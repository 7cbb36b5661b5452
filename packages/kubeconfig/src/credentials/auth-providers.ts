import { CredentialError } from "@kubepass/wire";

const conversion = "convert it: kubepass kubeconfig convert";
const removed: Readonly<Record<string, string>> = {
  gcp: `${conversion}, which makes it use gke-gcloud-auth-plugin`,
  azure: `${conversion}, which makes it use the kubelogin of Azure`,
  openstack: `${conversion}, which makes it use client-keystone-auth`,
};

/** Whether clients had an auth-provider of this name once. */
export function isRemovedProvider(name: string): boolean {
  return Object.hasOwn(removed, name);
}

/** Refuses an auth-provider that cannot be asked any more, with the way out. Throws `AUTH_PROVIDER_UNSUPPORTED`. */
export function refuseAuthProvider(name: string): CredentialError {
  const hint = isRemovedProvider(name) ? removed[name] : undefined;
  const what = hint === undefined ? "is not known" : "was removed from Kubernetes clients";
  return new CredentialError("AUTH_PROVIDER_UNSUPPORTED", `the auth-provider ${JSON.stringify(name)} ${what}`, {
    hint: hint ?? "only oidc is known: use an exec plugin",
  });
}
