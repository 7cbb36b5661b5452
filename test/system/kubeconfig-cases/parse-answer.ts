import { isJsonObject, type JsonValue } from "@kubepass/wire";
import type { ConfigAnswer } from "./answer-case.ts";

function texts(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}

/** An answer of the harness. Throws when the harness itself failed. */
export function parseAnswer(value: unknown): ConfigAnswer {
  if (!isJsonObject(value)) throw new TypeError("the harness answered no object");
  const { stage, config, raw } = value;
  if (typeof stage !== "string" || /^(?:harness|other|namespace): /.test(stage))
    throw new TypeError(`the harness failed: ${JSON.stringify(stage)}`);
  const found = { problems: texts(value["problems"]), validate: texts(value["validate"]), minified: texts(value["minified"]) };
  return { stage, config, raw, warnings: texts(value["warnings"]) ?? [], ...found };
}
