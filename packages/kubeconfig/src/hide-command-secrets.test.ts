import { expect, test } from "vitest";
import { formatKubeconfig, type SecretForm } from "./format-kubeconfig.ts";
import { hideSecretArguments } from "./hide-command-secrets.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";

test.each([
  ["--client-secret=s3cret", "--client-secret=REDACTED", ["--client-secret"]],
  ["token: Bearer s3cret", "token: REDACTED", ["token"]],
  ["Authorization: Bearer s3cret", "Authorization: Bearer REDACTED", ["an authorization header"]],
  ["Bearer REDACTED-s3cret", "Bearer REDACTED", ["an authorization header"]],
  ["x eyJhbGciOiJub25lIn0.e30.s3cret y", "x REDACTED y", ["a JSON Web Token"]],
  ["--url=https://u:s3cret@h/p?q=a@b", "--url=https://REDACTED@h/p?q=a@b", ["the password of an address"]],
  ["https://u:s3/cr//et@h", "https://REDACTED@h", ["the password of an address"]],
  ["https://u:s3cret@h,https://v:s3cret@i", "https://REDACTED@h,https://REDACTED@i", ["the password of an address"]],
  ["https://u:s3cret@h https://v:s3cret@i", "https://REDACTED@h https://REDACTED@i", ["the password of an address"]],
  ["ssh://git@h/x", "ssh://REDACTED@h/x", []],
  ["https://h/a@b", "https://h/a@b", []],
  ["--token-file=/x", "--token-file=/x", []],
  ["vault --password s3cret -v", "vault --password REDACTED -v", ["--password"]],
  ["vault --verbose --password s3cret", "vault --verbose --password REDACTED", ["--password"]],
  ["vault -token s3cret", "vault -token REDACTED", ["-token"]],
  ["vault x --token 's3 cret'", "vault x --token REDACTED", ["--token"]],
  ["--token --verbose", "--token --verbose", []],
])("the argument %j is shown as %j", (argument, shown, hidden) => {
  expect(hideSecretArguments([argument])).toEqual({ shown: [shown], hidden });
});

test("of an argument that is too long to be searched no more is shown than what was", () => {
  const [shown = ""] = hideSecretArguments([`${"a ".repeat(5000)}--token s3cret`]).shown;
  expect(shown).toBe(`${"a ".repeat(4096)}…`);
});

const text = JSON.stringify({
  clusters: [{ name: "c", cluster: { server: "https://u:s3cret@k:6443", "proxy-url": "http://u:s3cret@p" } }],
  users: [
    { name: "exec", user: { exec: { command: "/p", args: ["--token", "s3cret", "-v"], env: [{ name: "X", value: "s3cret" }] } } },
    { name: "oidc", user: { "auth-provider": { name: "oidc", config: { "idp-issuer-url": "https://u:s3cret@idp", "client-id": "c" } } } },
  ],
});

function show(form: SecretForm): string {
  return JSON.stringify(formatKubeconfig(parseKubeconfig(text), form));
}

test("a redacted kubeconfig shows nothing that an audit hides, and is whole otherwise", () => {
  expect(show("redact")).not.toContain("s3cret");
  expect(show("reveal").replaceAll("u:s3cret", "REDACTED").replaceAll("s3cret", "REDACTED")).toBe(show("redact"));
});
