import fc from "fast-check";
import { expect, test } from "vitest";
import { findSsoSettings, listProfileChain, mergeAwsTexts, parseAwsText } from "./aws-files.ts";

test("profiles, comments, quotes, nested settings and windows line ends are read as AWS's tools do", () => {
  const files = mergeAwsTexts(
    '# a comment\r\n[default]\r\nregion = us-east-1 ; the near one\r\n[profile "with blank"]\noutput=json\ns3 =\n  max_queue_size = 1\nregion = eu-west-1\n[other]\nregion=nowhere\n[sso-session corp]\nsso_region = us-east-1\n',
    "[default]\naws_access_key_id = AKIAEXAMPLE\nregion = us-west-1\n",
  );
  expect([...files.profiles.keys()]).toEqual(["with blank", "default"]);
  expect(files.profiles.get("default")?.values.get("region")).toBe("us-west-1");
  expect(files.profiles.get("with blank")?.values.get("region")).toBe("eu-west-1");
  expect(files.profiles.get("with blank")?.values.has("max_queue_size")).toBe(false);
  expect(files.ssoSessions.get("corp")?.values.get("sso_region")).toBe("us-east-1");
});

test("a secret with every character of base64 is read whole", () => {
  const text = parseAwsText("[p]\naws_secret_access_key = ab/cd+ef#gh;ij=\n").get("p");
  expect(text?.values.get("aws_secret_access_key")).toBe("ab/cd+ef#gh;ij=");
});

test("a chain is followed by source_profile, and a circle ends", () => {
  const files = mergeAwsTexts("[profile a]\nrole_arn=x\nsource_profile=b\n[profile b]\nrole_arn=y\nsource_profile=a\n", "");
  expect(listProfileChain(files, "a").map(([name]) => name)).toEqual(["a", "b"]);
  expect(listProfileChain(files, "none")).toEqual([]);
});

test("IAM Identity Center is found behind roles, in both forms, and not where keys win", () => {
  const files = mergeAwsTexts(
    "[profile role]\nrole_arn=x\nsource_profile=new\n[profile new]\nsso_session=corp\n[sso-session corp]\nsso_start_url=https://c\nsso_region=us-east-1\n[profile old]\nsso_start_url=https://o\nsso_region=eu-west-1\n[profile keys]\nsso_session=corp\naws_access_key_id=AKIA\n[profile lost]\nsso_session=gone\n",
    "",
  );
  expect(findSsoSettings(files, "role")).toEqual({
    sessionName: "corp",
    startUrl: "https://c",
    region: "us-east-1",
    scopes: ["sso:account:access"],
  });
  expect(findSsoSettings(files, "old")).toMatchObject({ sessionName: undefined, startUrl: "https://o" });
  expect(findSsoSettings(files, "keys")).toBeUndefined();
  expect(findSsoSettings(files, "lost")).toBeUndefined();
});

test("any two texts give files", () => {
  const lines = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom("[a]", "[profile b]", "[__proto__]", "x=y", "  n = 1", "[", "=", "source_profile=a", "role_arn=r"),
    ),
  );
  fc.assert(
    fc.property(lines, lines, (config, credentials) => {
      const files = mergeAwsTexts(config.join("\n"), credentials.join("\n"));
      for (const name of files.profiles.keys()) {
        expect(listProfileChain(files, name).length).toBeGreaterThan(0);
        findSsoSettings(files, name);
      }
    }),
  );
});
