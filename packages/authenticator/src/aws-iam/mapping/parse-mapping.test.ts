import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityOf } from "../test-support/tokens.ts";
import { MappingIndex } from "./mapping-index.ts";
import { parseAwsAuth, parseDynamicFile, parseIdentityMapping } from "./parse-mapping.ts";
import type { MappingSet } from "./rule.ts";

const account = "123456789012";
const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
const session = (name: string, partition = "aws"): string => `arn:${partition}:sts::${account}:assumed-role/${name}/me`;

function find(set: MappingSet, arn: string): string {
  const lookup = new MappingIndex(set).find(identityOf(arn));
  return lookup.kind === "found" ? lookup.rule.username : lookup.kind;
}

function codes(set: MappingSet): readonly string[] {
  return set.problems.map(({ place, code }) => `${place} ${code}`);
}

const roles = (text: string): MappingSet => parseAwsAuth({ mapRoles: text });

describe("aws-auth", () => {
  it("maps roles, users and accounts, written in YAML or JSON", () => {
    const set = parseAwsAuth({
      mapRoles: `- rolearn: ${role("Admin")}\n  username: admin:{{SessionName}}\n  groups:\n  - system:masters\n`,
      mapUsers: JSON.stringify([{ userarn: `arn:aws:iam::${account}:user/Alice`, username: "alice", groups: ["dev"] }]),
      mapAccounts: '- "012345678901"\n- 098765432109\n',
    });
    expect(find(set, session("Admin"))).toBe("admin:{{SessionName}}");
    expect(find(set, `arn:aws:iam::${account}:user/alice`)).toBe("alice");
    expect([...set.accounts]).toEqual(["012345678901", "098765432109"]);
  });

  it("takes keys in any case, as Go does", () => {
    expect(find(roles(`- roleARN: ${role("A")}\n  UserName: a`), session("A"))).toBe("a");
  });

  it.each(["", "``", '""', "''", "  \n", "[]", "null", "# nothing"])("takes %j for nothing", (text) => {
    expect(roles(text)).toMatchObject({ rules: [], problems: [] });
  });

  it.each([
    ["an entry that is no map", "- just text", "mapRoles[0] ENTRY_INVALID"],
    ["no ARN", "- username: a", "mapRoles[0] ARN_MISSING"],
    ["an ARN that is none", "- rolearn: Admin\n  username: a", "mapRoles[0] ARN_INVALID"],
    ["groups that are no list", `- rolearn: ${role("X")}\n  username: a\n  groups: system:masters`, "mapRoles[0] GROUPS_INVALID"],
    ["a group that is no text", `- rolearn: ${role("X")}\n  username: a\n  groups: [1]`, "mapRoles[0] NOT_TEXT"],
    ["a user name that YAML takes for a truth value", `- rolearn: ${role("X")}\n  username: yes`, "mapRoles[0] NOT_TEXT"],
    [
      "both an ARN and a permission set",
      `- rolearn: ${role("X")}\n  sso: {permissionSetName: A, accountID: "${account}"}`,
      "mapRoles[0] SSO_INVALID",
    ],
    ["the same key twice in other case", `- rolearn: ${role("X")}\n  roleARN: ${role("Y")}\n  username: a`, "mapRoles[0] KEY_TWICE"],
    ["a wildcard in the account", `- rolearn: "arn:aws:iam::*:role/Admin"\n  username: a`, "mapRoles[0] PATTERN_UNSAFE"],
    ["a wildcard under a path", `- rolearn: "${role("team/*")}"\n  username: a`, "mapRoles[0] PATTERN_UNSAFE"],
  ])("leaves out an entry with %s, and keeps the rest", (_, entry, problem) => {
    const set = roles(`${entry}\n- rolearn: ${role("Good")}\n  username: good`);
    expect(codes(set)).toEqual([problem]);
    expect(find(set, session("Good"))).toBe("good");
    expect(set.rules).toHaveLength(1);
  });

  it("keeps what was there when a list is no YAML any more, list by list", () => {
    const before = parseAwsAuth({
      mapRoles: `- rolearn: ${role("A")}\n  username: a`,
      mapUsers: `- userarn: arn:aws:iam::${account}:user/u\n  username: u`,
    });
    const after = parseAwsAuth({ mapRoles: "- rolearn: [", mapUsers: "[]" }, before);
    expect(codes(after)).toEqual(["mapRoles YAML_BROKEN"]);
    expect(find(after, session("A"))).toBe("a");
    expect(find(after, `arn:aws:iam::${account}:user/u`)).toBe("absent");
  });

  it("warns of what locks people out although it is well-formed", () => {
    const set = roles(`- rolearn: ${role("path/Admin")}\n  username: ""\n  groups: [system:master]\n  user: x`);
    expect(codes(set)).toEqual([
      "mapRoles[0] ROLE_PATH",
      "mapRoles[0] USERNAME_EMPTY",
      "mapRoles[0] KEY_UNKNOWN",
      "mapRoles[0] GROUP_TYPO",
    ]);
  });

  it("never throws, and leaves no rule without a name to compare", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const rule of parseAwsAuth({ mapRoles: text, mapUsers: text, mapAccounts: text }).rules)
          expect(rule.match.arn ?? rule.match.pattern).toBeDefined();
      }),
    );
  });

  it("bounds what aliases may blow up to", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghi".split("").map((name, index) => `${name}: &${name} [${`*${"abcdefgh"[index]},`.repeat(9)}]`),
    ];
    expect(codes(roles(bomb.join("\n")))).toEqual(["mapRoles YAML_BROKEN"]);
  });
});

describe("matching", () => {
  it("finds a role whose ARN was written with its path, because STS leaves it out", () => {
    expect(find(roles(`- rolearn: ${role("a/b/Admin")}\n  username: a`), session("Admin"))).toBe("a");
  });

  it("prefers the exact ARN, and takes neither of two that differ in the path alone", () => {
    const text = `- rolearn: ${role("x/Admin")}\n  username: x\n- rolearn: ${role("Admin")}\n  username: exact`;
    expect(find(roles(text), session("Admin"))).toBe("exact");
    const set = roles(`- rolearn: ${role("x/Admin")}\n  username: one\n- rolearn: ${role("y/Admin")}\n  username: two`);
    expect(find(set, session("Admin"))).toBe("absent");
    expect(new MappingIndex(set).findProblems().map(({ code }) => code)).toEqual(["ROLE_PATH_AMBIGUOUS"]);
  });

  it.each([
    ["aws", "AWSReservedSSO_Admin_0123456789abcdef", "sso"],
    ["aws", "awsreservedsso_ADMIN_0123456789abcdef", "sso"],
    ["aws", "AWSReservedSSO_Admin_ReadOnly_0123456789abcdef", "absent"],
    ["aws", "AWSReservedSSO_Admin_", "absent"],
    ["aws", "XAWSReservedSSO_Admin_0123456789abcdef", "absent"],
    ["aws-us-gov", "AWSReservedSSO_Admin_0123456789abcdef", "absent"],
  ])("matches a permission set: %s %s is %s", (partition, name, expected) => {
    const set = roles(`- sso: {permissionSetName: Admin, accountID: "${account}"}\n  username: sso`);
    expect(find(set, session(name, partition))).toBe(expected);
  });

  it("matches permission sets of other partitions, and accounts without quotes", () => {
    const set = roles(`- sso: {permissionSetName: Admin, accountID: ${account}, partition: aws-us-gov}\n  username: gov`);
    expect(find(set, session("AWSReservedSSO_Admin_1", "aws-us-gov"))).toBe("gov");
    expect(find(set, session("AWSReservedSSO_Admin_1"))).toBe("absent");
  });

  it.each([
    ["Team-*", "Team-a", "w"],
    ["Team-*", "team-", "w"],
    ["Team-?", "Team-ab", "absent"],
    ["Team-?", "Team-a", "w"],
    ["Te.m-*", "Team-a", "absent"],
  ])("takes wildcards in a name: %s and %s", (pattern, name, expected) => {
    expect(find(roles(`- rolearn: "${role(pattern)}"\n  username: w`), session(name))).toBe(expected);
  });

  it.each(["dev-*/Admin", "d?v/Admin", "a/*/b/Admin", "*/Admin", "dev-*/Admin-*", "dev/Admin-*"])(
    "refuses wildcards of or under a role path, which STS does not tell: %s",
    (pattern) => {
      const set = roles(`- rolearn: "${role(pattern)}"\n  username: w\n- rolearn: ${role("Other")}\n  username: o`);
      expect(codes(set)).toEqual(["mapRoles[0] PATTERN_UNSAFE"]);
      expect([find(set, session("Admin")), find(set, session("Other"))]).toEqual(["absent", "o"]);
    },
  );

  it("takes a wildcard for the region in the path of IAM Identity Center, where AWS alone makes roles", () => {
    const pattern = role("aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*");
    expect(find(roles(`- rolearn: "${pattern}"\n  username: w`), session("AWSReservedSSO_Admin_1"))).toBe("w");
  });

  it("pins a unique id beside the ARN", () => {
    const set = roles(`- rolearn: ${role("A")}\n  username: a\n  userid: AROAOLD`);
    expect(find(set, session("A"))).toBe("mismatch");
    expect(new MappingIndex(set).find(identityOf(session("A"), { userId: "AROAOLD" })).kind).toBe("found");
  });
});

describe("a dynamic file", () => {
  const file = (entry: object): string => JSON.stringify({ Version: "1", mapRoles: [entry], mapUsers: [], mapAccounts: ["123456789012"] });
  const look = (text: string, isStrict: boolean, arn: string, userId: string): string => {
    const set = parseDynamicFile(text, isStrict);
    return set === undefined ? "broken" : new MappingIndex(set, isStrict).find(identityOf(arn, { userId })).kind;
  };

  it("finds entries by user id when it is strict, and the ARN must fit, path or not", () => {
    const text = file({ rolearn: role("path/Admin"), username: "a", groups: [], userid: "AROA1" });
    expect(look(text, true, session("Admin"), "AROA1")).toBe("found");
    expect(look(text, true, session("Admin"), "AROA2")).toBe("absent");
    expect(look(text, true, session("Other"), "AROA1")).toBe("mismatch");
  });

  it("aia 6507746b: an id does not let anybody in by a malformed ARN", () => {
    expect(look(file({ rolearn: "not an arn", username: "a", userid: "AROA1" }), true, session("Admin"), "AROA1")).toBe("mismatch");
  });

  it("ignores ids when it is not strict", () => {
    expect(look(file({ rolearn: role("Admin"), username: "a", userid: "AROA1" }), false, session("Admin"), "AROA2")).toBe("found");
  });

  it.each(["", "{", "[]", "null", "1", '{"mapRoles":{}}', '{"mapUsers":"x"}', '{"mapAccounts":1,"mapRoles":[]}'])(
    "is told from a broken one: %j",
    (text) => {
      expect(parseDynamicFile(text, false)).toBeUndefined();
    },
  );
});

describe("an IAMIdentityMapping", () => {
  it("maps its ARN, made canonical", () => {
    const set = parseIdentityMapping({
      metadata: { name: "a" },
      spec: { arn: `arn:aws:sts::${account}:assumed-role/Admin/x`, username: "a", groups: ["g"] },
    });
    expect(find(set, session("Admin"))).toBe("a");
  });

  it.each([undefined, null, "x", {}, { spec: [] }, { metadata: { name: "a" }, spec: { arn: 1 } }])(
    "that is broken is told: %j",
    (object) => {
      expect(parseIdentityMapping(object)).toMatchObject({ rules: [], problems: [{ severity: "error" }] });
    },
  );
});
