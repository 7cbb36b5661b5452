import type { CelAnswer, CelQuestion, OracleAnswer } from "./compare.ts";

/** A difference from kube-apiserver that is meant to be there. */
export interface IntendedDifference {
  readonly name: string;
  readonly why: string;
  applies(difference: string, question: CelQuestion, oracle: OracleAnswer, ours: CelAnswer): boolean;
}

/** All of them. Anything else in which the two sides differ is a defect. */
export const intendedDifferences: readonly IntendedDifference[] = [
  {
    name: "texts of format.….validate",
    why: "The messages of kube-apiserver's validators are its own; how many there are is the same.",
    applies: (difference, question, oracle) =>
      difference === "outcome" &&
      question.expression.includes("validate(") &&
      /RFC|DNS|must|valid|empty|base64|format/.test(JSON.stringify(oracle.value ?? null)),
  },
  {
    name: "kube-apiserver panics while it loads the rule",
    why: "Bytes as map keys and optional elements of unknown type end kube-apiserver; here the rule is refused.",
    applies: (difference, _question, oracle, ours) => difference === "verdict" && oracle.panic !== undefined && ours.compile !== "ok",
  },
];
