import { parseGoRequestUri } from "@kubepass/wire";
import { stringList } from "../lists.ts";
import { CelObjectBase, CelOptional, noSuchOverload, type CelFailure, type CelObject } from "../values.ts";
import { ofString, type CelFunction, type FunctionTable } from "./function.ts";

/** A named format that text can be validated against. */
export class NamedFormat extends CelObjectBase {
  readonly typeName = "kubernetes.NamedFormat";
  readonly name: string;
  /** Length of the pattern that the cost model assumes. */
  readonly patternSize: number;
  /** What is wrong with a text; empty when nothing is. */
  readonly problems: (text: string) => readonly string[];
  constructor(name: string, patternSize: number, problems: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.patternSize = patternSize;
    this.problems = problems;
  }
  equals(other: CelObject): boolean | CelFailure {
    return other instanceof NamedFormat ? this.name === other.name : noSuchOverload("==");
  }
}

function when(isWrong: boolean, problem: string): readonly string[] {
  return isWrong ? [problem] : [];
}

function isLongerThan(text: string, bytes: number): boolean {
  return Buffer.byteLength(text) > bytes;
}

const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${label}(?:\\.${label})*$`);
const label1035Pattern = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const namePattern = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

function isDnsLabel(text: string): readonly string[] {
  return [...when(isLongerThan(text, 63), "longer than 63 bytes"), ...when(!labelPattern.test(text), "not an RFC 1123 label")];
}

function isSubdomain(text: string): readonly string[] {
  return [...when(isLongerThan(text, 253), "longer than 253 bytes"), ...when(!subdomainPattern.test(text), "not an RFC 1123 subdomain")];
}

function is1035Label(text: string): readonly string[] {
  return [...when(isLongerThan(text, 63), "longer than 63 bytes"), ...when(!label1035Pattern.test(text), "not an RFC 1035 label")];
}

function isLabelValue(text: string): readonly string[] {
  const isWrong = text !== "" && !namePattern.test(text);
  return [...when(isLongerThan(text, 63), "longer than 63 bytes"), ...when(isWrong, "not a label value")];
}

function isQualifiedName(text: string): readonly string[] {
  const parts = text.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) return ["more than one slash in a qualified name"];
  const name = second ?? first;
  const prefix = second === undefined ? [] : prefixProblems(first);
  const length = name === "" ? "name part is empty" : "name part is longer than 63 bytes";
  return [
    ...prefix,
    ...when(name === "" || isLongerThan(name, 63), length),
    ...when(!namePattern.test(name), "name part has odd characters"),
  ];
}

function prefixProblems(prefix: string): readonly string[] {
  return prefix === "" ? ["prefix part is empty"] : isSubdomain(prefix).map((problem) => `prefix part: ${problem}`);
}

// A prefix may end with a dash, since something will follow it.
function asPrefix(check: (text: string) => readonly string[]): (text: string) => readonly string[] {
  return (text) => check(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text);
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const clock = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[^\n][0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/u;

function isDate(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && day > 0;
}

function isDateTime(text: string): boolean {
  const [date = "", time] = text.toLowerCase().split("t");
  const match = time === undefined ? null : clock.exec(time);
  if (match === null || !isDate(date)) return false;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1, 4).map(Number);
  return hours <= 23 && minutes <= 59 && seconds <= 59;
}

function checking(isRight: (text: string) => boolean, problem: string): (text: string) => readonly string[] {
  return (text) => when(!isRight(text), problem);
}

const dateTimeSize = 71;
const formats: ReadonlyMap<string, NamedFormat> = new Map([
  ["dns1123Label", new NamedFormat("DNS1123Label", 30, isDnsLabel)],
  ["dns1123Subdomain", new NamedFormat("DNS1123Subdomain", 60, isSubdomain)],
  ["dns1035Label", new NamedFormat("DNS1035Label", 30, is1035Label)],
  ["qualifiedName", new NamedFormat("QualifiedName", 60, isQualifiedName)],
  ["dns1123LabelPrefix", new NamedFormat("DNS1123LabelPrefix", 30, asPrefix(isDnsLabel))],
  ["dns1123SubdomainPrefix", new NamedFormat("DNS1123SubdomainPrefix", 60, asPrefix(isSubdomain))],
  ["dns1035LabelPrefix", new NamedFormat("DNS1035LabelPrefix", 30, asPrefix(is1035Label))],
  ["labelValue", new NamedFormat("LabelValue", 40, isLabelValue)],
  [
    "uri",
    new NamedFormat(
      "URI",
      1103,
      checking((text) => parseGoRequestUri(text).kind === "url", "not a URI"),
    ),
  ],
  [
    "uuid",
    new NamedFormat(
      "uuid",
      70,
      checking((text) => uuid.test(text), "does not match the UUID format"),
    ),
  ],
  [
    "byte",
    new NamedFormat(
      "byte",
      84,
      checking((text) => base64.test(text), "invalid base64"),
    ),
  ],
  ["date", new NamedFormat("date", dateTimeSize, checking(isDate, "invalid date"))],
  ["datetime", new NamedFormat("datetime", dateTimeSize, checking(isDateTime, "invalid datetime"))],
]);

const validate: CelFunction = ([format, text]) => {
  if (!(format instanceof NamedFormat) || typeof text !== "string") return noSuchOverload("validate");
  const problems = format.problems(text);
  return problems.length === 0 ? CelOptional.none : new CelOptional(stringList(problems));
};

/** Kubernetes' named formats. */
export const formatFunctions: FunctionTable = {
  ...Object.fromEntries(Array.from(formats, ([name, format]) => [`format.${name}`, () => format] as const)),
  "format-named": ofString((name) => {
    const format = formats.get(name);
    return format === undefined ? CelOptional.none : new CelOptional(format);
  }),
  "format-validate": validate,
};
