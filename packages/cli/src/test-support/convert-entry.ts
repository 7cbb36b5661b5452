import { type User, parseKubeconfig } from "@kubepass/kubeconfig";
import type { JsonObject } from "@kubepass/wire";
import type { Conversion, Surroundings } from "../convert/conversion.ts";
import { convertUser } from "../convert/convert-user.ts";

const around: Surroundings = {
  command: "/opt/kubepass",
  providesClusterInfo: false,
  resolvePath: (path) => (path.startsWith("/") ? path : `/home/anna/.kube/${path}`),
};

// Some characters may stand in a kubeconfig only when they are escaped.
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function parseUser(content: JsonObject): User {
  const text = JSON.stringify({ users: [{ name: "u", user: content }] }).replace(/[\u007f-\uffff]/g, escapeCharacter);
  const user = parseKubeconfig(text).users.get("u");
  if (user === undefined) throw new Error("there is no user");
  return user;
}

/** What becomes of a user entry of that content. */
export function convert(content: JsonObject, more: Partial<Surroundings> = {}): Conversion {
  return convertUser(parseUser(content), { ...around, ...more });
}

/** A user who runs a plugin. */
export function plugin(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): JsonObject {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  return { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command, args, env: variables } };
}

/** A user with an auth-provider. */
export function provider(name: string, config: JsonObject = {}): JsonObject {
  return { "auth-provider": { name, config } };
}
