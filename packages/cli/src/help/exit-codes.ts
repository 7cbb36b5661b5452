/** What each exit code means to whoever called kubepass. */
export const exitCodeMeanings: Readonly<Record<number, string>> = {
  0: "done",
  1: "failed",
  2: "bad usage or configuration: nothing was tried",
  3: "a person has to sign in, and nobody may be asked here",
  4: "cancelled, refused or not answered in time by the person",
  5: "the network or the issuer could not be reached",
  6: "refused, because it would break a safety rule",
  7: "partly done: something stays valid at the issuer, or as it was in the kubeconfig",
  130: "interrupted by Ctrl-C or a signal",
};

/** The codes of commands that judge something: they have done their work, so there is no error. */
export const judgedExitCodes =
  "Three commands that judge end without an error line: kubeconfig audit with 6 when it found a risk, authn explain with 6 when it would " +
  "refuse, authn lint with 2 when kube-apiserver would.";
