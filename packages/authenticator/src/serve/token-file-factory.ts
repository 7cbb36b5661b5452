import { createTokenFileVerifier, parseTokenFile } from "../token-file/index.ts";
import { object, text } from "./shape.ts";
import { defineFactory } from "./verifier-factory.ts";

const shape = object("Static tokens from a file, as kube-apiserver's --token-auth-file reads it.", {
  path: text('CSV file of token,user,uid,"group1,group2"; read again whenever it changes'),
});

/** `tokenFile` in the configuration. */
export const tokenFileFactory = defineFactory({
  key: "tokenFile",
  shape,
  async create({ path }, context) {
    const table = parseTokenFile(await context.readFile(path), path);
    for (const warning of table.warnings) context.host.log.warn(warning);
    return createTokenFileVerifier(table);
  },
});
