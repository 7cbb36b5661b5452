/** A command line worth copying, and what it does. */
export interface Example {
  readonly text: string;
  /** `{program}` is replaced by what the person types. */
  readonly line: string;
  /** The provider that it is about; it is left out of the help about another. */
  readonly provider?: "oidc" | "eks";
}

/** The words of help about one command. */
export interface CommandText {
  /** One line, for the overview and for completion. */
  readonly summary: string;
  readonly usage: string;
  readonly examples: readonly Example[];
  /** What a person must know beside the examples. */
  readonly notes: string;
}

const issuer = "--issuer-url=https://issuer.example --client-id=kubernetes";
const cluster = "--cluster-name=prod --region=eu-central-1 --profile=work";

/** By command name. */
export const commandTexts: Readonly<Record<string, CommandText>> = {
  login: {
    summary: "sign in, so that kubectl works without asking",
    usage: "login [oidc|eks] [flags]",
    examples: [
      { text: "Sign in with the browser:", line: `{program} login oidc ${issuer}`, provider: "oidc" },
      { text: "On a machine without a browser:", line: `{program} login oidc ${issuer} --grant-type=device-code`, provider: "oidc" },
      {
        text: "As somebody else, next to the first account:",
        line: `{program} login oidc ${issuer} --account=anna@example.com`,
        provider: "oidc",
      },
      { text: "To AWS, by a profile of IAM Identity Center:", line: `{program} login eks ${cluster}`, provider: "eks" },
    ],
    notes:
      "Whoever is signed in stays signed in: a second login says so and asks nothing; --force signs in again. " +
      "Use the flags of the kubeconfig, because they make the identity; values from variables and the config file count as well.",
  },
  logout: {
    summary: "end sign-ins, here and at the issuer",
    usage: "logout [oidc|eks] [--all | --account=NAME | flags of the sign-in]",
    examples: [
      { text: "End the only sign-in there is:", line: "{program} logout" },
      { text: "End one of several:", line: "{program} logout --account=anna@example.com" },
      { text: "End all of them:", line: "{program} logout --all" },
    ],
    notes:
      "Refresh tokens are revoked at the issuer where it allows that, then everything is removed from this machine. Each thing that stays valid is " +
      "listed with its end, and the exit code is then 7: a token that was handed out works until it expires.",
  },
  status: {
    summary: "who is signed in, where it is kept, and until when",
    usage: "status [--output=json|yaml]",
    examples: [
      { text: "Look:", line: "{program} status" },
      { text: "For a script:", line: "{program} status --output=json" },
    ],
    notes: "Nothing is asked over the network, no keyring is opened, and nothing that a kubeconfig names is run.",
  },
  whoami: {
    summary: "who you are to the cluster, and through which credential",
    usage: "whoami [--context NAME] | whoami --offline [oidc|eks] [flags of the sign-in]",
    examples: [
      { text: "Ask the cluster of the current context:", line: "{program} whoami" },
      { text: "Your groups there, for a script:", line: "{program} whoami --output=json | jq .userInfo.groups" },
      { text: "The claims of the only sign-in there is, without a network:", line: "{program} whoami --offline" },
    ],
    notes:
      "The cluster is asked as kubectl would ask it (SelfSubjectReview), so the plugin of the kubeconfig runs if kuberc allows it. Offline, " +
      "or without a kubeconfig, the claims of the stored credential are read, not verified. No token is printed.",
  },
  "get-token": {
    summary: "print a credential for kubectl (a kubeconfig runs this)",
    usage: "get-token oidc|eks [flags]",
    examples: [
      {
        text: "Let a kubeconfig user sign in with kubepass:",
        provider: "oidc",
        line:
          "kubectl config set-credentials me --exec-command=kubepass \\\n" +
          "    --exec-api-version=client.authentication.k8s.io/v1 \\\n" +
          "    --exec-interactive-mode=IfAvailable \\\n" +
          "    --exec-arg=get-token --exec-arg=oidc \\\n" +
          "    --exec-arg=--issuer-url=https://issuer.example \\\n" +
          "    --exec-arg=--client-id=kubernetes",
      },
      { text: "In a pipeline, where nobody can sign in:", line: `{program} get-token oidc ${issuer} --non-interactive`, provider: "oidc" },
      { text: "For EKS, with a profile of AWS's files:", line: `{program} get-token eks ${cluster}`, provider: "eks" },
    ],
    notes: "Standard output carries one ExecCredential or nothing; it holds a token, so do not run it where output is recorded.",
  },
  serve: {
    summary: "check tokens for API servers, as a TokenReview webhook",
    usage: "serve --config=FILE | --aws-iam-authenticator-config=FILE",
    examples: [
      { text: "Answer what API servers ask:", line: "{program} serve --config=kubepass-serve/serve.yaml" },
      {
        text: "In the place of aws-iam-authenticator, with its configuration:",
        line: "{program} serve --aws-iam-authenticator-config=/etc/aws-iam-authenticator/config.yaml",
      },
    ],
    notes:
      "Each review is one line of JSON on standard output, without the token and without what it says; everything else goes to standard error. " +
      "Files that the configuration names are read again when they change. A termination signal ends it without losing a request.",
  },
  "serve init": {
    summary: "write a first configuration, with certificates",
    usage: "serve init [--folder=FOLDER] [--address=HOST:PORT] [--host=NAME ...]",
    examples: [
      { text: "For an API server on this machine:", line: "{program} serve init --folder=kubepass-serve" },
      { text: "For API servers elsewhere:", line: "{program} serve init --address=0.0.0.0:8443 --host=authn.example --host=10.0.0.7" },
    ],
    notes: "Nothing is overwritten.",
  },
  "kubeconfig view": {
    summary: "what the kubeconfig says, and which file says it",
    usage: "kubeconfig view [--minify] [--output=json|yaml]",
    examples: [
      { text: "Everything, without secrets:", line: "{program} kubeconfig view" },
      { text: "One context, in a form that needs no other file:", line: "{program} kubeconfig view --context=prod --minify --flatten" },
    ],
    notes:
      "Files are merged as kubectl merges them: the first that has a name wins with its whole entry. Tokens, keys, passwords and the plugins' " +
      "variables are left out; --show-secrets prints them, so do not run it where output is recorded.",
  },
  "kubeconfig add": {
    summary: "let a kubeconfig user sign in with kubepass",
    usage: "kubeconfig add oidc|eks [--cluster-entry=NAME] [flags of the sign-in]",
    examples: [
      { text: "For the cluster of the current context:", line: `{program} kubeconfig add oidc ${issuer}`, provider: "oidc" },
      {
        text: "See first what would be written:",
        line: `{program} kubeconfig add oidc ${issuer} --cluster-entry=prod --dry-run`,
        provider: "oidc",
      },
      { text: "For a cluster of EKS:", line: `{program} kubeconfig add eks ${cluster}`, provider: "eks" },
    ],
    notes:
      "The user and its context go into the file that kubectl would write to; comments and everything else in it stay, and a copy is kept beside " +
      "it. Flags of the sign-in become arguments; what variables and the config file say is left out, because it holds there too.",
  },
  "kubeconfig convert": {
    summary: "make users of other programs sign in with kubepass",
    usage: "kubeconfig convert [--user=NAME | --context=NAME] [--client-secret-file=FILE] [--dry-run] [--output=json|yaml]",
    examples: [
      { text: "See first what would become of each user:", line: "{program} kubeconfig convert --dry-run" },
      { text: "Then let it be done:", line: "{program} kubeconfig convert" },
      {
        text: "One with a client secret, which moves into a file of yours:",
        line: "{program} kubeconfig convert --user=anna --client-secret-file=/home/anna/.config/kubepass/secret",
      },
    ],
    notes:
      "The auth-provider oidc, kubelogin (kubectl oidc-login), aws eks get-token and aws-iam-authenticator become kubepass; the auth-providers gcp, " +
      "azure and openstack, which clients have lost, become the plugins of their vendors. Every other user stays, and the reason is told.\n\n" +
      "Nothing that the kubeconfig names is run, and no network is asked. Old tokens leave the file, so the next kubectl signs in once; comments and all " +
      "else stay, and a copy of the file as it was is kept beside it: remove it once kubectl works. A second run finds nothing to do. The exit code is 7 " +
      "when a user that was asked for, or is of a kind named here, was not converted.",
  },
  "kubeconfig audit": {
    summary: "what a kubeconfig runs, reads, trusts and skips",
    usage: "kubeconfig audit [--kubeconfig=FILE] [--output=json|yaml]",
    examples: [
      { text: "Before you use a kubeconfig that somebody sent:", line: "{program} kubeconfig audit --kubeconfig=received.yaml" },
      { text: "In a pipeline:", line: "{program} kubeconfig audit --output=json" },
      { text: "Let kubectl run the plugins of yours and no others:", line: "{program} kubeconfig audit --write-allowlist" },
    ],
    notes:
      "Nothing that the kubeconfig names is run, opened or reached. The exit code is 6 when there is a risk. kubectl 1.35 and newer obey the " +
      "allowlist in ~/.kube/kuberc; other programs do not.",
  },
  "authn convert": {
    summary: "--oidc-* flags as an AuthenticationConfiguration",
    usage: "authn convert (MANIFEST | --oidc-issuer-url=URL --oidc-client-id=ID ...)",
    examples: [
      {
        text: "On a control-plane node of kubeadm:",
        line: "{program} authn convert /etc/kubernetes/manifests/kube-apiserver.yaml > authentication.yaml",
      },
      { text: "From flags:", line: "{program} authn convert --oidc-issuer-url=https://login.example.com --oidc-client-id=kubernetes" },
    ],
    notes:
      "What kube-apiserver makes of the flags is printed as the file that says the same, with the authority of --oidc-ca-file in it. " +
      "One thing no file can say: flags take RS256 alone (or --oidc-signing-algs), a file takes all nine algorithms.",
  },
  "authn lint": {
    summary: "judge an AuthenticationConfiguration, or AWS IAM mappings",
    usage: "authn lint (FILE | --oidc-issuer-url=URL --oidc-client-id=ID ...) [--service-account-issuer=URL] [--output=json|yaml]",
    examples: [
      { text: "Before a roll-out:", line: "{program} authn lint authentication.yaml" },
      {
        text: "What do kube-apiserver's --oidc-* flags come to?",
        line: "{program} authn lint /etc/kubernetes/manifests/kube-apiserver.yaml",
      },
      { text: "What in aws-auth locks people out?", line: "{program} authn lint aws-auth.yaml" },
    ],
    notes:
      "Errors are what kube-apiserver refuses, under its own paths, all at once; warnings are what it takes and should not be, " +
      "such as two issuers that can give the same name. The exit code is 2 when there are errors.",
  },
  "authn explain": {
    summary: "show how a token or claims are judged",
    usage:
      "authn explain (--config=FILE | --oidc-issuer-url=URL --oidc-client-id=ID ...) (--token-file=FILE [--keys=FILE] | --claims=FILE) | --arn=ARN --mapping=FILE ...",
    examples: [
      {
        text: "Which claim or rule refuses this token?",
        line: "{program} authn explain --config=authentication.yaml --token-file=token.txt",
      },
      {
        text: "Whom does this AWS role become, and by which entry?",
        line: "{program} authn explain --arn=arn:aws:iam::123456789012:role/Admin --mapping=aws-auth.yaml",
      },
      { text: "Without a token and without a network:", line: "{program} authn explain --config=authentication.yaml --claims=claims.json" },
    ],
    notes:
      "The token is never printed; claim values are. With --claims, iss (where there is one issuer), aud and exp are filled in when they are missing. " +
      "The exit code is 0 when somebody is verified, 6 when refused, 5 when the issuer's keys cannot be fetched.",
  },
  completion: {
    summary: "print a completion script for a shell",
    usage: "completion bash|zsh|fish|powershell|kubectl",
    examples: [
      { text: "bash:", line: "source <({program} completion bash)" },
      { text: "zsh:", line: "{program} completion zsh > ~/.zfunc/_kubepass   # a folder of your fpath" },
      { text: "fish:", line: "{program} completion fish > ~/.config/fish/completions/kubepass.fish" },
      { text: "PowerShell:", line: "{program} completion powershell | Out-String | Invoke-Expression" },
      {
        text: "kubectl pass <Tab>:",
        line: "{program} completion kubectl > ~/.local/bin/kubectl_complete-pass && chmod +x ~/.local/bin/kubectl_complete-pass",
      },
    ],
    notes: "The scripts ask kubepass itself, so they stay right when it is updated.",
  },
  version: {
    summary: "which kubepass this is",
    usage: "version [--output=json|yaml]",
    examples: [{ text: "For a report:", line: "{program} version" }],
    notes: "",
  },
  help: {
    summary: "explain a command or a topic",
    usage: "help [command [provider] | provider | topic]",
    examples: [
      { text: "About a command, with all flags of a provider:", line: "{program} help login oidc" },
      { text: "What one provider is for:", line: "{program} help eks" },
      { text: "What an exit code means:", line: "{program} help exit-codes" },
    ],
    notes: "",
  },
};
