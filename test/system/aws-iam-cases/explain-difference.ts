import { readFileSync } from "node:fs";
import { isJsonObject } from "@kubepass/wire";
import type { OurAnswer, OurReading } from "./answer-case.ts";
import type { CaseIdentity, MappingCase } from "./generate-case.ts";

/** The ids of intended-differences.json, each of which has its reason there. */
export function loadIntended(): ReadonlySet<string> {
  const list: unknown = JSON.parse(readFileSync(new URL("intended-differences.json", import.meta.url), "utf8"));
  if (!Array.isArray(list)) throw new TypeError("intended-differences.json is not a list");
  return new Set(
    list.map((item: unknown) => {
      const [id, why] = isJsonObject(item) ? [item["id"], item["why"]] : [];
      if (typeof id !== "string" || typeof why !== "string" || why.length < 40)
        throw new TypeError("an intended difference lacks its reason");
      return id;
    }),
  );
}

function resourceOf(arn: string): string {
  return arn.split(":").slice(5).join(":").toLowerCase();
}

/** What our rule, if one was found, had of its own. */
function explainFound({ outcome }: OurAnswer, identity: CaseIdentity): string | undefined {
  if (outcome.kind !== "rule") return undefined;
  const { match } = outcome.rule;
  const name = resourceOf(identity.arn).split("/")[1] ?? "";
  if (match.pattern !== undefined)
    return match.pattern.source.includes("awsreservedsso_") && match.pattern.source.endsWith("[^_/]+$") ? "sso-partition" : "wildcard";
  return match.arnWithoutPath?.endsWith(`:role/${name}`) === true &&
    match.arn?.endsWith(`:iam::${identity.accountId}:role/${name}`) !== true
    ? "role-path"
    : undefined;
}

/** Whether a pattern of the same list fits as well as the exact ARN that decided: Go tries them in the order of a map. */
function isPatternPassedOver({ outcome }: OurAnswer, identity: CaseIdentity): boolean {
  if (outcome.kind !== "rule" || outcome.rule.match.arn === undefined) return false;
  const arn = `arn:${identity.arn.split(":")[1] ?? ""}:iam::${identity.accountId}:role/${resourceOf(identity.arn).split("/")[1] ?? ""}`;
  const { list } = outcome.rule;
  return outcome.backend.index?.set.rules.some((rule) => rule.list === list && rule.match.pattern?.test(arn) === true) === true;
}

/** Whether their pattern of a permission set takes this role for one of another. */
function isSuffixConfused(question: MappingCase, identity: CaseIdentity): boolean {
  const name = resourceOf(identity.arn).split("/")[1] ?? "";
  return (
    name.startsWith("awsreservedsso_admin_readonly_") &&
    /"permissionSetName": ?"Admin"/.test(question.config + Object.values(question.awsAuth).join(""))
  );
}

function explainRefusal(ours: OurAnswer, identity: CaseIdentity): string | undefined {
  if (ours.error === "NAME_EMPTY") return "empty-name";
  if (ours.error === "NAME_RESERVED" && ours.outcome.kind === "account") return "reserved-account";
  if (ours.outcome.steps.some(({ said, backend }) => said === "mismatch" && backend !== "DynamicFile")) return "user-id-pin";
  return identity.sessionName.includes("{{") ? "template-in-session" : undefined;
}

/** Whether accounts have lost their quotes somewhere. */
export function isAccountUnquoted(question: MappingCase): boolean {
  return /(?<!["\d])\d{12}(?!["\d])/.test(question.config + Object.values(question.awsAuth).join("\n"));
}

/** What the backends read otherwise than aws-iam-authenticator does. */
function explainReading(question: MappingCase, reading: OurReading, ours: OurAnswer): string | undefined {
  // A broken entry counts where the search came by: what lies behind the backend that decided cannot matter.
  if (ours.outcome.steps.some(({ backend }) => (reading.errors.get(backend) ?? []).length > 0)) return "broken-entry";
  return isAccountUnquoted(question) && ours.outcome.kind === "account" ? "unquoted-account" : undefined;
}

/** The intended difference that a case shows; `undefined` when there is none. The likeliest causes are asked first. */
export function explainDifference(question: MappingCase, reading: OurReading, index: number): string | undefined {
  const [ours, identity] = [reading.answers[index], question.identities[index]];
  if (ours === undefined || identity === undefined) return undefined;
  const refusal = explainRefusal(ours, identity);
  if (refusal !== undefined) return refusal;
  if (isPatternPassedOver(ours, identity)) return "exact-before-pattern";
  const found = explainFound(ours, identity);
  if (isSuffixConfused(question, identity) && (found === undefined || found === "sso-partition")) return "sso-suffix";
  return found ?? explainReading(question, reading, ours);
}
