import type { AwsAccounts } from "./aws-accounts.ts";
import { type AwsAnswer, AwsRefusal, requestId } from "./aws-answer.ts";
import { checkSignature } from "./check-signature.ts";
import type { StsCall } from "./sts-service.ts";

/** Private DNS names by instance id. */
export type AwsInstances = Map<string, string>;

function readIds(call: StsCall): readonly string[] {
  const names = Object.keys(call.parameters).filter((name) => /^InstanceId\.\d+$/.test(name));
  return names.map((name) => call.parameters[name] ?? "");
}

/** The ids of a filter: those that are not known are just not found. */
function findFilteredIds(call: StsCall, instances: AwsInstances): readonly string[] | undefined {
  if (call.parameters["Filter.1.Name"] !== "instance-id") return undefined;
  const names = Object.keys(call.parameters).filter((name) => /^Filter\.1\.Value\.\d+$/.test(name));
  return names.map((name) => call.parameters[name] ?? "").filter((id) => instances.has(id));
}

function judgeIds(ids: readonly string[], instances: AwsInstances): void {
  const malformed = ids.filter((id) => !/^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed.length > 0) throw new AwsRefusal("InvalidInstanceID.Malformed", `Invalid id: "${malformed.join(", ")}"`, 400);
  const unknown = ids.filter((id) => !instances.has(id));
  if (unknown.length > 0) throw new AwsRefusal("InvalidInstanceID.NotFound", `The instance IDs '${unknown.join(", ")}' do not exist`, 400);
}

/** DescribeInstances: by ids, one unknown id fails the whole call, as EC2's does. Throws {@link AwsRefusal}. */
export function answerEc2(call: StsCall, accounts: AwsAccounts, instances: AwsInstances): AwsAnswer {
  checkSignature(call.request, accounts, { region: call.region, service: "ec2", now: call.now });
  if (call.parameters["Action"] !== "DescribeInstances")
    throw new AwsRefusal("InvalidAction", "The action is not valid for this web service.", 400);
  const filtered = findFilteredIds(call, instances);
  const ids = filtered ?? readIds(call);
  if (filtered === undefined) judgeIds(ids, instances);
  const reservationSet = ids.map((id, index) => ({
    reservationId: `r-${String(index).padStart(17, "0")}`,
    instancesSet: [{ instanceId: id, privateDnsName: instances.get(id) ?? "" }],
  }));
  return {
    status: 200,
    root: "DescribeInstancesResponse",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    tree: { requestId, reservationSet },
  };
}

/** A refusal as EC2 writes it. */
export function formatEc2Refusal({ code, message, status }: AwsRefusal): AwsAnswer {
  return { status, root: "Response", tree: { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId } };
}
