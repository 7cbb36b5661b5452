import { createServeSchema } from "@kubepass/authenticator/serve";

/** The text of docs/serve.schema.json. */
export function formatServeSchema(): string {
  return `${JSON.stringify(createServeSchema(), undefined, 2)}\n`;
}
