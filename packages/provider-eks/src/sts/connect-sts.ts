import { readFileSync } from "node:fs";
import { createFetch } from "@kubepass/network";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError } from "@kubepass/wire";
import type { EksSetting } from "../eks-options.ts";
import type { StsConnection } from "./sts-client.ts";

const maxAnswerBytes = 64 * 1024;

function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CredentialError("FILE_UNREADABLE", `cannot read the certificate authority in ${path}`, { cause: error });
  }
}

/** How STS is reached by these settings; nothing is sent yet. Throws `FILE_UNREADABLE`. */
export function connectSts({ options, endpoint, stsUrl }: EksSetting, host: Host): StsConnection {
  const bundle = host.environment.variables["AWS_CA_BUNDLE"];
  const files = options.certificateAuthorityFiles.length === 0 && bundle ? [bundle] : options.certificateAuthorityFiles;
  const network = { certificateAuthorityPems: files.map((path) => readAuthority(path)), maxResponseBytes: maxAnswerBytes };
  const url = new URL(stsUrl ?? `https://${endpoint.host}`).origin;
  return { endpoint, url, fetch: createFetch(network, host), host };
}
