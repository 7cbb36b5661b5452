import type { OptionKind, OptionSpec } from "@kubepass/plugin-sdk";

type Extra = Omit<OptionSpec, "name" | "kind" | "description">;

function option(name: string, kind: OptionKind, description: string, extra: Extra = {}): OptionSpec {
  return { name, kind, description, ...extra };
}

const issuerAndClient: readonly OptionSpec[] = [
  option("issuer-url", "text", "URL of the issuer, exactly as it names itself", {
    aliases: ["oidc-issuer-url"],
    isAllowedFromCluster: true,
    isDestination: true,
  }),
  option("client-id", "text", "this program's registration at the issuer", { aliases: ["oidc-client-id"], isAllowedFromCluster: true }),
  option("client-secret", "text", "client secret; other users of the machine can see it on a command line", {
    aliases: ["oidc-client-secret"],
    isSecret: true,
    isProof: true,
  }),
  option("client-secret-file", "text", "file that holds the client secret", { isProof: true }),
  option("client-secret-command", "list", "program and arguments that print the client secret; run without a shell", { isProof: true }),
  option("client-secret-stdin", "switch", "read the client secret from standard input", { isProof: true }),
  option("client-authentication", "text", "how the client proves itself to the issuer", {
    choices: ["auto", "none", "basic", "post", "private-key-jwt", "tls"],
    defaultText: "auto: what the issuer advertises",
  }),
  option("client-key-file", "text", "private key (PEM or JWK) for private-key-jwt", { isProof: true }),
  option("client-certificate-file", "text", "client certificate (PEM) shown to the issuer", { isProof: true }),
  option("client-certificate-key-file", "text", "private key (PEM) of the client certificate", { isProof: true }),
];

const signIn: readonly OptionSpec[] = [
  option("grant-type", "text", "how to sign in", {
    choices: [
      "auto",
      "authorization-code",
      "device-code",
      "client-credentials",
      "password",
      "token-exchange",
      "jwt-bearer",
      "authcode",
      "authcode-keyboard",
    ],
    defaultText: "auto: the browser, or a device code where no browser can be used",
  }),
  option("account", "text", "which of your accounts: keeps them apart in the cache and is suggested to the issuer"),
  option("login-hint", "text", "account name suggested to the issuer, when it differs from account"),
  option("prompt", "text", "OpenID Connect prompt parameter, such as login or consent"),
  option("max-age", "seconds", "how long ago the person may have signed in at the issuer"),
  option("redirect-url", "text", "redirect URL registered at the issuer, when it is not a plain loopback URL", {
    aliases: ["oidc-redirect-url"],
  }),
  option("redirect-host", "text", "host name in the redirect URL", { choices: ["127.0.0.1", "::1", "localhost"] }),
  option("listen-address", "list", "address:port for the loopback server, tried in order", { defaultText: "127.0.0.1:0, any free port" }),
  option("callback-path", "text", "path of the redirect URL, when the issuer insists on one"),
  option("local-server-certificate", "text", "certificate file, to serve the redirect over https", { aliases: ["local-server-cert"] }),
  option("local-server-key", "text", "private key file of local-server-certificate"),
  option("open-url-after-sign-in", "text", "page to show after the sign-in", { aliases: ["open-url-after-authentication"] }),
  option("sign-in-timeout", "seconds", "how long to wait for the browser or a pasted answer", {
    aliases: ["authentication-timeout-sec"],
    defaultText: "180",
  }),
  option("response-mode", "text", "how the issuer returns the code", { choices: ["query", "form-post"] }),
  option("pushed-authorization", "text", "send the request to the issuer first (RFC 9126)", {
    choices: ["auto", "always", "never"],
    defaultText: "auto: when the issuer requires it",
  }),
  option("pkce-method", "text", "only S256: accepted so that arguments of other tools keep working", { aliases: ["oidc-pkce-method"] }),
  option("dpop", "text", "bind refresh tokens to a key (RFC 9449)", {
    choices: ["auto", "never"],
    defaultText: "auto: when the issuer offers it",
  }),
  option("auth-request-extra-params", "map", "further parameters of the authorization request", {
    aliases: ["oidc-auth-request-extra-params"],
  }),
];

const tokens: readonly OptionSpec[] = [
  option("token-kind", "text", "which token the API server gets", {
    choices: ["id", "access"],
    defaultText: "id; access for client-credentials",
  }),
  option("use-access-token", "switch", "the same as token-kind=access", { aliases: ["oidc-use-access-token"] }),
  option("extra-scope", "list", "scopes beside openid", { aliases: ["oidc-extra-scope"], isAllowedFromCluster: true }),
  option("no-offline-access", "switch", "do not ask for a refresh token; one that comes unasked is kept all the same"),
  option("audience", "text", "audience parameter of the requests", { isAllowedFromCluster: true }),
  option("resource", "list", "resource indicators (RFC 8707)", { isAllowedFromCluster: true }),
  option("exchange-audience", "text", "after the sign-in, exchange the token for one of this audience (RFC 8693)"),
];

const withoutPerson: readonly OptionSpec[] = [
  option("insecure-allow-password-grant", "switch", "allow grant-type=password, which hands the person's password to this program"),
  option("username", "text", "user name for grant-type=password"),
  option("password", "text", "password for grant-type=password; other users of the machine can see it on a command line", {
    isSecret: true,
    isProof: true,
  }),
  option("password-file", "text", "file that holds the password", { isProof: true }),
  option("subject-token-file", "text", "file that holds the token to exchange", { isProof: true }),
  option("subject-token-command", "list", "program and arguments that print the token to exchange; run without a shell", { isProof: true }),
  option("subject-token-type", "text", "type of the token to exchange: id, access, jwt, saml2 or a URN", {
    defaultText: "id; access with exchange-audience",
  }),
  option("requested-token-type", "text", "type of the wanted token: id, access, jwt or a URN", { defaultText: "the token kind" }),
  option("actor-token-file", "text", "file that holds the token of the party that acts for the subject", { isProof: true }),
  option("actor-token-type", "text", "type of the actor token", { defaultText: "id" }),
  option("assertion-file", "text", "file that holds the assertion for grant-type=jwt-bearer (RFC 7523)", { isProof: true }),
];

const network: readonly OptionSpec[] = [
  option("request-header", "map", "header of every request to the issuer", {
    aliases: ["oidc-request-header"],
    isSecret: true,
    isProof: true,
  }),
  option("discovery-url", "text", "where the discovery document is, when not below the issuer URL"),
  option("authorization-endpoint", "text", "instead of the one in the discovery document"),
  option("token-endpoint", "text", "instead of the one in the discovery document"),
  option("device-authorization-endpoint", "text", "instead of the one in the discovery document"),
  option("pushed-authorization-request-endpoint", "text", "instead of the one in the discovery document"),
  option("jwks-uri", "text", "instead of the one in the discovery document"),
  option("revocation-endpoint", "text", "instead of the one in the discovery document"),
  option("end-session-endpoint", "text", "instead of the one in the discovery document"),
  option("certificate-authority", "list", "file with certificates (PEM) to trust beside the system's"),
  option("certificate-authority-data", "list", "certificates to trust, as base64 of PEM"),
  option("insecure-skip-tls-verify", "switch", "do not check the issuer's certificate: anybody on the way can read the tokens"),
  option("insecure-allow-http-issuer", "switch", "allow an http issuer on a loopback address"),
];

/** Every option of the provider, in the order of the help text. */
export const oidcOptions: readonly OptionSpec[] = [...issuerAndClient, ...signIn, ...tokens, ...withoutPerson, ...network];
