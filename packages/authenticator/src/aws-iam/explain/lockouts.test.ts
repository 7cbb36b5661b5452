import { describe, expect, it } from "vitest";
import { explainArn } from "./explain-arn.ts";
import { type MappingFile, readMappingFile } from "./read-mapping-file.ts";

const account = "123456789012";
const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
const good = `- {rolearn: "${role("Good")}", username: good}`;

function read(text: string): MappingFile {
  const file = readMappingFile(text);
  if (file === undefined) throw new Error("no mapping");
  return file;
}

function codesOf(text: string): readonly string[] {
  return read(text).problems.map(({ place, severity, code }) => `${severity} ${place} ${code}`);
}

function awsAuth(mapRoles: string, { metadata = "{name: aws-auth, namespace: kube-system}", more = "" } = {}): string {
  const lines = mapRoles.split("\n").map((line) => `    ${line}`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: ${metadata}\ndata:\n  mapRoles: |\n${lines.join("\n")}\n${more}`;
}

const entry = (fields: string): string => awsAuth(`- {${fields}}\n${good}`);

describe("lint of mappings tells of each classic lockout", () => {
  it("and of none where there is none", () => {
    expect(codesOf(awsAuth(`- {rolearn: "${role("node")}", username: "n:{{AccountID}}", groups: ["system:nodes", dev, "eks:x"]}`))).toEqual(
      [],
    );
    expect(codesOf(awsAuth(good, { more: "  mapUsers: |\n    []\n  mapAccounts: ''\n" }))).toEqual([]);
    const rooms = 'groups: ["system:bootstrappers:kubeadm:default-node-token", "system:serviceaccounts:kube-system"]';
    expect(codesOf(entry(`rolearn: "${role("node")}", username: node, ${rooms}`))).toEqual([]);
  });

  it("in a list of ConfigMaps, about the one that is read", () => {
    const other = "kind: ConfigMap\nmetadata: {name: amazon-vpc-cni, namespace: kube-system}\ndata: {enable-windows-ipam: 'false'}\n";
    const list = (...objects: readonly string[]): string =>
      `kind: List\nitems:\n${objects.map((each) => `- ${each.trimEnd().replaceAll("\n", "\n  ")}\n`).join("")}`;
    expect(codesOf(list(other, awsAuth(good)))).toEqual([]);
    expect(read(list(other, awsAuth(good))).set.rules).toHaveLength(1);
    expect(codesOf(list(other, other))).toContain("warning metadata CONFIG_MAP_ELSEWHERE");
  });

  it.each([
    [
      "a list that is not one text",
      "kind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n  mapRoles:\n  - {}\n",
      "error mapRoles LIST_NOT_TEXT",
    ],
    ["a key in another spelling", awsAuth(good, { more: "  maproles: '[]'\n" }), "warning maproles KEY_UNKNOWN"],
    ["a key with a letter less", awsAuth(good, { more: "  mapUser: '[]'\n" }), "warning mapUser KEY_UNKNOWN"],
    ["a key twice in the manifest", awsAuth(good, { more: "  mapRoles: '[]'\n" }), "warning line 7 KEY_TWICE"],
    ["a key twice in an entry", entry(`rolearn: "${role("A")}", username: a, username: b`), "warning mapRoles line 1 KEY_TWICE"],
    [
      "a ConfigMap of another name",
      awsAuth(good, { metadata: "{name: aws-aut, namespace: kube-system}" }),
      "warning metadata CONFIG_MAP_ELSEWHERE",
    ],
    [
      "a ConfigMap in another namespace",
      awsAuth(good, { metadata: "{name: aws-auth, namespace: default}" }),
      "warning metadata CONFIG_MAP_ELSEWHERE",
    ],
    ["a ConfigMap without a namespace", awsAuth(good, { metadata: "{name: aws-auth}" }), "warning metadata CONFIG_MAP_ELSEWHERE"],
    ["the same ARN again", awsAuth(`- {rolearn: "${role("GOOD")}", username: x}\n${good}`), "warning mapRoles[0] ENTRY_SHADOWED"],
    [
      "an account that lost its zero",
      entry('rolearn: "arn:aws:iam::12345678901:role/A", username: a'),
      "warning mapRoles[0] ARN_UNMATCHED",
    ],
    ["an account to be filled in", entry('rolearn: "arn:aws:iam::<account>:role/A", username: a'), "warning mapRoles[0] ARN_UNMATCHED"],
    ["a blank at the end of an ARN", entry(`rolearn: "${role("A")} ", username: a`), "warning mapRoles[0] ARN_UNMATCHED"],
    ["a line end in an ARN", entry(`rolearn: "${role("A")}\\n", username: a`), "warning mapRoles[0] ARN_UNMATCHED"],
    ["a blank in a name", entry(`rolearn: "${role("A B")}", username: a`), "warning mapRoles[0] ARN_UNMATCHED"],
    ["no name", entry(`rolearn: "${role("")}", username: a`), "warning mapRoles[0] ARN_UNMATCHED"],
    ["a region in an ARN", entry(`rolearn: "arn:aws:iam:eu-west-1:${account}:role/A", username: a`), "warning mapRoles[0] ARN_UNMATCHED"],
    ["a placeholder in other case", entry(`rolearn: "${role("A")}", username: "{{sessionname}}"`), "warning mapRoles[0] TEMPLATE_UNKNOWN"],
    [
      "a placeholder with blanks",
      entry(`rolearn: "${role("A")}", username: a, groups: ["{{ AccountID }}"]`),
      "warning mapRoles[0] TEMPLATE_UNKNOWN",
    ],
    [
      "a group of Kubernetes' own that there is not",
      entry(`rolearn: "${role("A")}", username: a, groups: ["system:admins"]`),
      "warning mapRoles[0] GROUP_UNKNOWN",
    ],
  ])("%s", (_, text, problem) => {
    expect(codesOf(text)).toEqual([problem]);
  });

  it("and leaves the rest of the list in force", () => {
    expect(read(entry('rolearn: "arn:aws:iam::1:role/A", username: a')).set.rules).toHaveLength(2);
  });
});

describe("explain answers as the server would", () => {
  const explain = async (arn: string, text: string, facts = {}) => await explainArn(arn, [read(text)], facts);

  it("for a role's ARN with its path, which STS does not tell", async () => {
    const explanation = await explain(role("team/Good"), awsAuth(good));
    expect(explanation).toMatchObject({ canonicalArn: role("Good"), verdict: { kind: "mapped", user: { username: "good" } } });
    const two = awsAuth(`- {rolearn: "${role("x/A")}", username: one}\n- {rolearn: "${role("y/A")}", username: two}`);
    expect(await explain(role("x/A"), two)).toMatchObject({ verdict: { kind: "refused", code: "MAPPING_ABSENT" } });
  });

  it("for a role whose sessions have names, and says which one it supposes", async () => {
    const node = awsAuth(`- {rolearn: "${role("node")}", username: "system:node:{{EC2PrivateDNSName}}"}`);
    expect(await explain(role("node"), node)).toMatchObject({
      supposedSession: "i-0123456789abcdef0",
      verdict: { kind: "mapped", user: { username: "system:node:<private DNS name of i-0123456789abcdef0>" } },
    });
    const named = awsAuth(`- {rolearn: "${role("A")}", username: "a:{{SessionName}}", groups: ["{{AccessKeyID}}"]}`);
    expect(await explain(role("A"), named)).toMatchObject({
      supposedSession: "session-name",
      verdict: { user: { username: "a:session-name", groups: ["<access key id>"] } },
    });
    const told = await explain(role("A"), named, { sessionName: "me" });
    expect(told?.supposedSession).toBeUndefined();
    expect(told).toMatchObject({ verdict: { user: { username: "a:me" } } });
    expect((await explain(role("Good"), awsAuth(good)))?.supposedSession).toBeUndefined();
  });

  it("for several objects with one ARN: the first by name", async () => {
    const object = (name: string) => ({ kind: "IAMIdentityMapping", metadata: { name }, spec: { arn: role("A"), username: name } });
    const text = JSON.stringify({ kind: "List", items: [object("b"), object("a"), object("c")] });
    expect(await explain(role("A"), text)).toMatchObject({ verdict: { user: { username: "a" } } });
  });
});
