import { describe, expect, it } from "vitest";
import { compileExpression } from "../jwt/compile-expression.ts";
import { convertApiServerFlags, findApiServerArguments, parseApiServerFlags } from "./api-server-flags.ts";
import { formatAuthenticationConfiguration } from "./format.ts";
import { parseAuthenticationConfiguration, validateAuthenticationConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";

const needed = ["--oidc-issuer-url=https://issuer.test", "--oidc-client-id=cluster"];

/** What flags come to, as the file that says the same; or what is wrong with them. */
function convert(args: readonly string[], certificateAuthority = ""): unknown {
  const converted = convertApiServerFlags(parseApiServerFlags(args), certificateAuthority);
  if (converted.kind === "invalid") return converted.problems.map((problem) => formatProblem(problem));
  const result = validateAuthenticationConfiguration(converted.configuration, compileExpression);
  if (result.kind === "invalid") return result.problems.map((problem) => formatProblem(problem));
  const document = formatAuthenticationConfiguration(converted.configuration);
  // The file means what the flags meant.
  const again = parseAuthenticationConfiguration(JSON.stringify(document), compileExpression);
  expect(again.kind === "valid" && again.compiled.configuration).toEqual(converted.configuration);
  return { ...document, algorithms: converted.algorithms };
}

const issuer = { url: "https://issuer.test", audiences: ["cluster"] };
const file = (claimMappings: object, rest: object = {}): object => ({
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthenticationConfiguration",
  jwt: [{ issuer, claimMappings, ...rest }],
  algorithms: ["RS256"],
});
const sub = { claim: "sub", prefix: "https://issuer.test#" };

describe("kube-apiserver's flags", () => {
  it.each([
    ["the defaults", [], { username: sub }],
    ["e-mail, which gets no prefix", ["--oidc-username-claim=email"], { username: { claim: "email", prefix: "" } }],
    ["e-mail with a prefix", ["--oidc-username-claim=email", "--oidc-username-prefix=o:"], { username: { claim: "email", prefix: "o:" } }],
    ["a claim without prefix", ["--oidc-username-prefix=-"], { username: { claim: "sub", prefix: "" } }],
    ["an empty prefix, which is none given", ["--oidc-username-prefix="], { username: sub }],
    ["groups", ["--oidc-groups-claim=groups"], { username: sub, groups: { claim: "groups", prefix: "" } }],
    ["groups, prefixed", ["--oidc-groups-claim", "g", "--oidc-groups-prefix=o:"], { username: sub, groups: { claim: "g", prefix: "o:" } }],
    ["a prefix of groups that nobody has", ["--oidc-groups-prefix=o:"], { username: sub }],
    [
      "underscores, and the last of two",
      ["--oidc_groups_claim=a", "--oidc-groups-claim=b"],
      { username: sub, groups: { claim: "b", prefix: "" } },
    ],
    ["other flags, which are passed over", ["kube-apiserver", "--v=2", "--profiling", "false", "-v", "3"], { username: sub }],
    ["what comes after --", ["--", "--oidc-groups-claim=groups", "--oidc-nonsense"], { username: sub }],
  ])("mean, with %s, what its file would say", (_name, args, mappings) => {
    expect(convert([...needed, ...args])).toEqual(file(mappings));
  });

  it("take required claims one by one, with blanks cut off and the last of a name", () => {
    const flags = ["--oidc-required-claim=hd=a=b,c=d", "--oidc-required-claim= tid = 1 ", "--oidc-required-claim=tid=2"];
    expect(convert([...needed, ...flags])).toEqual(
      file(
        { username: sub },
        {
          claimValidationRules: [
            { claim: "hd", requiredValue: "a=b,c=d" },
            { claim: "tid", requiredValue: "2" },
          ],
        },
      ),
    );
  });

  it.each([
    [["--oidc-signing-algs=ES256,PS512"], ["ES256", "PS512"]],
    [
      ["--oidc-signing-algs=ES256", "--oidc-signing-algs=RS256"],
      ["RS256", "ES256"],
    ],
    [["--oidc-signing-algs="], ["RS256"]],
  ])("take by %s the algorithms %s", (args, algorithms) => {
    expect(convert([...needed, ...args])).toMatchObject({ algorithms });
  });

  it.each([
    [[], ["--oidc-issuer-url: Required value: there is no --oidc-* flag"]],
    [["--authentication-config=/a.yaml"], ["--oidc-issuer-url: Required value: JWTs are configured by the file /a.yaml"]],
    [[...needed, "--authentication-config=/a.yaml"], [expect.stringContaining("mutually exclusive")]],
    [["--oidc-client-id=a"], [expect.stringMatching(/^--oidc-issuer-url: .*must be specified together/)]],
    [["--oidc-issuer-url=https://a.test"], [expect.stringMatching(/^--oidc-client-id: .*must be specified together/)]],
    [["--oidc-groups-claim=a"], [expect.stringMatching(/^--oidc-issuer/), expect.stringMatching(/^--oidc-client/)]],
    [
      [...needed, "--oidc-signing-algs=HS256,EdDSA"],
      [expect.stringContaining('"HS256"'), expect.stringContaining('"EdDSA"')],
    ],
    [[...needed, "--oidc-required-claim=hd"], [expect.stringContaining("malformed pair")]],
    [[...needed, "--oidc-isuer-url=https://a.test"], ['--oidc-isuer-url: Invalid value: "oidc-isuer-url": unknown flag']],
    [[...needed, "--oidc-ca-file"], ['--oidc-ca-file: Invalid value: "": flag needs an argument']],
    [[...needed, "--oidc-username-claim="], ["jwt[0].claimMappings.username: Required value: claim or expression is required"]],
    [["--oidc-issuer-url=http://a.test", "--oidc-client-id=a"], [expect.stringMatching(/^jwt\[0\]\.issuer\.url: .*https/)]],
  ])("are refused where kube-apiserver refuses them: %s", (args, problems) => {
    expect(convert(args)).toEqual(problems);
  });

  it("do not put broken authorities into a file", () => {
    expect(convert([...needed, "--oidc-ca-file=/ca.pem"], "no certificate")).toEqual([
      expect.stringMatching(/^jwt\[0\]\.issuer\.certificateAuthority/),
    ]);
  });

  it("are found in a pod's manifest, and in what makes pods", () => {
    const containers = `containers: [{name: other, command: [other]}, {name: a, command: [/usr/local/bin/kube-apiserver], args: ["--a=b", 7]}]`;
    expect(findApiServerArguments(`kind: Pod\nspec: {${containers}}`)).toEqual(["/usr/local/bin/kube-apiserver", "--a=b"]);
    expect(findApiServerArguments(`kind: Deployment\nspec: {template: {spec: {${containers}}}}`)).toEqual([
      "/usr/local/bin/kube-apiserver",
      "--a=b",
    ]);
    for (const text of ["", "kind: Pod # kube-apiserver", "spec: {containers: kube-apiserver}", "kube-apiserver: {", "[kube-apiserver]"])
      expect(findApiServerArguments(text)).toBeUndefined();
  });

  it("tell the issuers of service accounts", () => {
    const { serviceAccountIssuers } = parseApiServerFlags(["--service-account-issuer=https://a.test", "--service-account-issuer", "b"]);
    expect(serviceAccountIssuers).toEqual(["https://a.test", "b"]);
  });
});
