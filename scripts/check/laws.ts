import { dependencies } from "./dependencies.ts";
import { docstrings } from "./docstrings.ts";
import { errors } from "./errors.ts";
import { examples } from "./examples.ts";
import { layers } from "./layers.ts";
import type { Law } from "./law.ts";
import { links } from "./links.ts";
import { machine } from "./machine.ts";
import { names } from "./names.ts";
import { plugins } from "./plugins.ts";
import { processAccess } from "./process-access.ts";
import { secrets } from "./secrets.ts";
import { sizes } from "./sizes.ts";
import { tests } from "./tests.ts";

/** Every law that a linter cannot hold, by the name under which ARCHITECTURE.md lists it, in the order in which they are told. */
export const laws: Readonly<Record<string, Law>> = {
  layers,
  sizes,
  process: processAccess,
  errors,
  dependencies,
  docstrings,
  names,
  tests,
  links,
  machine,
  secrets,
  plugins,
  examples,
};
