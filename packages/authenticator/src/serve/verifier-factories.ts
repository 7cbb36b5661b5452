import { awsIamFactory } from "./aws-iam-factory.ts";
import { jwtFactory } from "./jwt-factory.ts";
import { tokenFileFactory } from "./token-file-factory.ts";
import { webhookFactory } from "../webhook/webhook-factory.ts";
import type { VerifierFactory } from "./verifier-factory.ts";

/** Every kind of verifier that a configuration may name: one line for each. */
export const verifierFactories: readonly VerifierFactory[] = [tokenFileFactory, jwtFactory, webhookFactory, awsIamFactory];

/** The factory of a member of `verifiers`; `undefined` when there is none. */
export function findFactory(key: string): VerifierFactory | undefined {
  return verifierFactories.find((factory) => factory.key === key);
}
