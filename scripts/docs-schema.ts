// npm run docs:schema: writes docs/config.schema.json from the option tables.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatConfigSchema } from "./docs/config-schema.ts";

writeFileSync(join(import.meta.dirname, "..", "docs", "config.schema.json"), formatConfigSchema());
