import { isLoopbackAddress } from "@kubepass/network";
import { findUrlOf, parseGoUrl } from "@kubepass/wire";
import type { Cluster } from "../kubeconfig.ts";
import { hideUserInfo } from "../hide-user-info.ts";
import { type Finding, note, risk } from "./finding.ts";

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d*$/, "").replace(/^\[|\]$/g, "");
  return name === "localhost" || isLoopbackAddress(name);
}

function auditServer(subject: string, { server, origin }: Cluster): readonly Finding[] {
  const url = findUrlOf(parseGoUrl(server));
  if (server === "") return [note("SERVER_MISSING", subject, origin, "it names no server")];
  if (url?.scheme === "https" || isLoopback(url?.host || server)) return [];
  return [
    risk(
      "SERVER_WITHOUT_TLS",
      subject,
      origin,
      `${hideUserInfo(server)} is not https: anybody on the way reads and changes everything`,
      "use the https address",
    ),
  ];
}

function auditVerification(subject: string, cluster: Cluster): readonly Finding[] {
  const { insecureSkipTlsVerify, tlsServerName, certificateAuthority, certificateAuthorityData, origin } = cluster;
  if (insecureSkipTlsVerify) {
    return [
      risk(
        "SERVER_UNVERIFIED",
        subject,
        origin,
        "any server is taken for the cluster, and gets the credentials",
        "set certificate-authority-data and remove insecure-skip-tls-verify",
      ),
    ];
  }
  const trusted =
    certificateAuthority === "" ? "the certificate authority in the kubeconfig" : `the certificate authority in ${certificateAuthority}`;
  const hasOwn = certificateAuthority !== "" || certificateAuthorityData !== "";
  return [
    note("TRUSTS", subject, origin, `it trusts ${hasOwn ? trusted : "the certificate authorities of the system"}`),
    ...(tlsServerName === ""
      ? []
      : [note("SERVER_NAME_CHANGED", subject, origin, `the certificate is expected for ${tlsServerName} instead of the server's host`)]),
  ];
}

function hasPasswordIn(url: string): boolean {
  const [authority = ""] = url.replace(/^[^/]*\/\//, "").split("/", 1);
  return authority.slice(0, Math.max(authority.lastIndexOf("@"), 0)).includes(":");
}

function auditPassword(subject: string, { server, origin }: Cluster): readonly Finding[] {
  if (!hasPasswordIn(server)) return [];
  return [
    risk("SECRET_IN_FILE", subject, origin, "a password stands in the server's address", "give the user its own credentials instead"),
  ];
}

function auditProxy(subject: string, { proxyUrl, origin }: Cluster): readonly Finding[] {
  if (proxyUrl === "") return [];
  return [
    note("PROXY", subject, origin, `everything goes through the proxy ${hideUserInfo(proxyUrl)}`),
    ...(hasPasswordIn(proxyUrl)
      ? [risk("PROXY_PASSWORD", subject, origin, "the proxy's password stands in the kubeconfig", "set HTTPS_PROXY instead")]
      : []),
  ];
}

/** What one cluster entry trusts, and what it leaves unverified. */
export function auditCluster(name: string, cluster: Cluster): readonly Finding[] {
  const subject = `clusters/${name}`;
  return [
    ...auditServer(subject, cluster),
    ...auditPassword(subject, cluster),
    ...auditVerification(subject, cluster),
    ...auditProxy(subject, cluster),
  ];
}
