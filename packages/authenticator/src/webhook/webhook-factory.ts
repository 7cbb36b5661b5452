import { createFetch } from "@kubepass/network";
import { type ClientCertificate, Secret, tokenReviewVersions } from "@kubepass/wire";
import { choice, object, text } from "../serve/shape.ts";
import { defineFactory, type FactoryContext } from "../serve/verifier-factory.ts";
import { type Inline, parseWebhookKubeconfig, type WebhookTarget } from "./webhook-kubeconfig.ts";
import { createWebhookVerifier } from "./webhook-verifier.ts";

const [v1, v1beta1] = tokenReviewVersions;

const shape = object("Another TokenReview webhook. It takes every token that no verifier before it took.", {
  kubeconfigFile: text("kubeconfig file that says where it is and how to sign in there, as for kube-apiserver"),
  version: choice("version of the TokenReview API that it speaks", ["v1", "v1beta1"]),
  tokenPrefix: text("only tokens that begin so are its to judge", "*"),
});

async function read(inline: Inline | undefined, context: FactoryContext): Promise<string | undefined> {
  if (inline === undefined) return undefined;
  return "text" in inline ? inline.text : await context.readFile(inline.file);
}

async function readClientCertificate(target: WebhookTarget, context: FactoryContext): Promise<ClientCertificate | undefined> {
  const certificatePem = await read(target.clientCertificate, context);
  const privateKeyPem = await read(target.clientKey, context);
  return certificatePem === undefined || privateKeyPem === undefined
    ? undefined
    : { certificatePem, privateKeyPem: new Secret(privateKeyPem) };
}

/** `webhook` in the configuration. */
export const webhookFactory = defineFactory({
  key: "webhook",
  shape,
  async create(settings, context) {
    const target = parseWebhookKubeconfig(await context.readFile(settings.kubeconfigFile), settings.kubeconfigFile);
    const authority = await read(target.certificateAuthority, context);
    const network = {
      certificateAuthorityPems: authority === undefined ? [] : [authority],
      // As kube-apiserver: what the file gives is all that is trusted; without it, the system's authorities are.
      areOnlyGivenAuthoritiesTrusted: true,
      clientCertificate: await readClientCertificate(target, context),
    };
    return createWebhookVerifier({
      url: target.url,
      fetch: createFetch(network, context.host),
      apiVersion: settings.version === "v1" ? v1 : v1beta1,
      bearerToken: target.tokenFile === undefined ? target.token : new Secret((await context.readFile(target.tokenFile)).trim()),
      tokenPrefix: settings.tokenPrefix === "*" ? "" : settings.tokenPrefix,
      now: () => context.host.clock.now(),
    });
  },
});
