// npm run docs:errors: writes docs/errors.md from the error catalogue.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatErrorsPage } from "./docs/errors-page.ts";

writeFileSync(join(import.meta.dirname, "..", "docs", "errors.md"), formatErrorsPage());
