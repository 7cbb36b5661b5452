import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readAll } from "./read-all.ts";

/** The password of everybody. */
export const password = "correct-horse-battery-staple";

/** The groups of everybody. */
export const groups: readonly string[] = ["developers", "on-call"];

/** The address by which the API server knows a person. */
export function formatEmail(person: string): string {
  return `${person}@example.com`;
}

const administrator = "admin";

/** What Dex sends: the name, and the password as it was typed. */
function parseUser(text: string): { readonly name: string; readonly given: string } {
  const { name, password: given } = JSON.parse(text).auth.identity.password.user;
  return { name, given };
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

async function authenticate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, given } = parseUser((await readAll(request)).toString("utf8"));
  if (given !== (name === administrator ? administrator : password)) return send(response, 401, {});
  const user = { id: name, name, domain: { id: "default" } };
  send(response, 201, { token: { user } }, { "x-subject-token": "stub" });
}

/**
 * As much of Keystone as Dex asks: with it Dex shows a real password page *and* knows groups, which it does not for its own static
 * passwords. Everybody exists.
 */
export async function startKeystone(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const [, , kind, name = "", part] = (request.url ?? "").split("/");
    if (request.method === "POST") return void authenticate(request, response);
    if (kind === "users" && part === "groups") return send(response, 200, { groups: groups.map((group) => ({ id: group, name: group })) });
    send(response, 200, { user: { id: name, name, email: formatEmail(name) } });
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return server;
}
