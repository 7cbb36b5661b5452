import type { IncomingMessage, ServerResponse } from "node:http";
import type { InteractionDetails, Provider } from "oidc-provider/lib/provider.js";
import { readForm, sendPage } from "../loopback-server.ts";
import { findAccount, getAccount, type Account, type SignInMode } from "./issuer-options.ts";
import { formatNotePage, formatSignInPage } from "./pages.ts";

/** How sign-ins are answered now. */
export interface SignInDesk {
  readonly accounts: readonly Account[];
  readonly mode: SignInMode;
  /** The account that `automatic` signs in, unless the client names another (`login_hint`). */
  readonly account: string;
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly provider: Provider;
  readonly details: InteractionDetails;
}

function readParameter(details: InteractionDetails, name: string): string {
  const value = details.params[name];
  return typeof value === "string" ? value : "";
}

async function accept({ provider, request, response }: Visit, account: Account): Promise<void> {
  await provider.interactionFinished(request, response, { login: { accountId: account.id }, consent: {} });
}

async function refuse({ provider, request, response }: Visit): Promise<void> {
  await provider.interactionFinished(request, response, { error: "access_denied", error_description: "the person said no" });
}

async function answerForm(visit: Visit, desk: SignInDesk): Promise<void> {
  const form = await readForm(visit.request);
  if (form.has("cancel")) return await refuse(visit);
  const name = form.get("account") ?? "";
  const account = findAccount(desk.accounts, name);
  if (account !== undefined && account.password === form.get("password")) return await accept(visit, account);
  const clientName = readParameter(visit.details, "client_id");
  sendPage(visit.response, 401, formatSignInPage({ clientName, account: name, isWrong: true }));
}

/** Answers a request to the page where a person signs in. */
export async function answerSignIn(
  provider: Provider,
  desk: SignInDesk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response).catch(() => undefined);
  if (details === undefined) return sendPage(response, 400, formatNotePage("Too late", "This sign-in is over. Start again."));
  const visit = { request, response, provider, details };
  if (desk.mode === "refuse") return await refuse(visit);
  const known = findAccount(desk.accounts, details.session?.accountId);
  if (details.prompt.name === "consent" && known !== undefined) return await accept(visit, known);
  const hint = readParameter(details, "login_hint");
  if (desk.mode === "automatic") return await accept(visit, findAccount(desk.accounts, hint) ?? getAccount(desk.accounts, desk.account));
  if (request.method === "POST") return await answerForm(visit, desk);
  sendPage(response, 200, formatSignInPage({ clientName: readParameter(details, "client_id"), account: hint, isWrong: false }));
}
