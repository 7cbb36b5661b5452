import type { ClientCall } from "./client-program.ts";
import type { ProgramResult } from "./run-program.ts";

/** What the issuer had to do. */
export interface IssuerWork {
  /** Times a browser came to sign in. */
  readonly signIns: number;
  /** Tokens that it gave out, in requests. */
  readonly tokenRequests: number;
}

/** One command of the demo, and what has to come of it. */
export interface Step {
  readonly title: string;
  /** The arguments of kubectl. */
  readonly kubectl: readonly string[];
  /** The same without kubectl. */
  readonly call: ClientCall;
  readonly signsIn?: boolean;
  readonly isRefused?: boolean;
  /** What the output has to hold. */
  readonly shows: RegExp;
}

const whoAmI = {
  kubectl: ["auth", "whoami"],
  call: { path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: {} },
  shows: /^Username +(anna|bob)@example\.com$/m,
};

/** The main job, from the first call to a refusal. */
export const steps: readonly Step[] = [
  { title: "The first call signs you in", ...whoAmI, signsIn: true },
  { title: "The next one takes the credential from the cache", ...whoAmI },
  { title: "So does every other call", kubectl: ["get", "namespaces"], call: { path: "/api/v1/namespaces" }, shows: /^shop +Active/m },
  {
    title: "What your groups allow, you see",
    kubectl: ["get", "pods"],
    call: { path: "/api/v1/namespaces/shop/pods" },
    shows: /^orders-0 +1\/1 +Running/m,
  },
  {
    title: "What they do not, you do not",
    kubectl: ["get", "pods", "--namespace", "vault"],
    call: { path: "/api/v1/namespaces/vault/pods" },
    isRefused: true,
    shows: /\(Forbidden\): pods is forbidden: User "\S+@example\.com" cannot list resource "pods"/,
  },
];

/** What is not as it should be; `undefined` when all is well. */
export function findProblem(step: Step, result: ProgramResult, work: IssuerWork): string | undefined {
  const { isRefused = false, signsIn = false } = step;
  if ((result.exitCode !== 0) !== isRefused) return `it ended with exit code ${result.exitCode}`;
  if (!step.shows.test(isRefused ? result.stderr : result.stdout)) return `its output does not hold ${step.shows.source}`;
  const expected = signsIn ? 1 : 0;
  if (work.tokenRequests !== expected) return `the issuer gave out tokens ${work.tokenRequests} times instead of ${expected}`;
  return !signsIn && work.signIns > 0 ? "it made somebody sign in again" : undefined;
}
