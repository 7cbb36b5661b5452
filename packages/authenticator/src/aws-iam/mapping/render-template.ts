import type { CallerIdentity } from "../caller-identity.ts";

const privateDnsName = "{{EC2PrivateDNSName}}";
const placeholder = /\{\{(?:EC2PrivateDNSName|AccountID|SessionName|SessionNameRaw|AccessKeyID)\}\}/g;

/** The form of an EC2 instance's id. */
export const instanceIdForm = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/** Whether a template asks for the private DNS name of an EC2 instance. */
export function usesPrivateDnsName(template: string): boolean {
  return template.includes(privateDnsName);
}

/** Whether a template asks for the name of a session. */
export function usesSessionName(template: string): boolean {
  return /\{\{SessionName(?:Raw)?\}\}/.test(template);
}

/** What looks like a placeholder and is none, such as `{{sessionname}}`; it stays in the name as it is. */
export function findUnknownPlaceholder(template: string): string | undefined {
  return /\{\{.*?\}\}/.exec(template.replaceAll(placeholder, ""))?.[0];
}

/**
 * Fills a template in. One pass: what a caller put into a session's name is never looked at as a template again. Unknown
 * placeholders stay. `dnsName` is the private DNS name of the instance, when the template asks for it.
 */
export function renderTemplate(template: string, identity: CallerIdentity, dnsName: string): string {
  const values: Readonly<Record<string, string>> = {
    [privateDnsName]: dnsName,
    "{{AccountID}}": identity.accountId,
    "{{SessionName}}": identity.sessionName.replaceAll("@", "-"),
    "{{SessionNameRaw}}": identity.sessionName,
    "{{AccessKeyID}}": identity.accessKeyId,
  };
  return template.replaceAll(placeholder, (found) => values[found] ?? found);
}
