// npm run docs:schema: writes docs/config.schema.json from the option tables, and docs/serve.schema.json from the shapes of the server.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatConfigSchema } from "./docs/config-schema.ts";
import { formatServeSchema } from "./docs/serve-schema.ts";

const docs = join(import.meta.dirname, "..", "docs");
writeFileSync(join(docs, "config.schema.json"), formatConfigSchema());
writeFileSync(join(docs, "serve.schema.json"), formatServeSchema());
