/** A value of AWS's query protocol: in XML an element, in JSON a member. */
export type AwsValue = string | number | AwsTree | readonly AwsValue[];

/** Named values, in order. */
export interface AwsTree {
  readonly [name: string]: AwsValue;
}

/** An answer before it is written down. */
export interface AwsAnswer {
  readonly status: number;
  readonly root: string;
  readonly namespace?: string | undefined;
  readonly tree: AwsTree;
}

/** Thrown by an operation to refuse: becomes AWS's error document. */
export class AwsRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(code: string, message: string, status = 403) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A request id, in the form of AWS's. */
export const requestId = "c6104cbe-af31-11e0-8154-cbc7ccf896c7";

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function isList(value: AwsValue): value is readonly AwsValue[] {
  return Array.isArray(value);
}

function formatElement(name: string, value: AwsValue): string {
  if (isList(value))
    return `<${name}>${value.map((item) => formatElement(name.endsWith("Set") ? "item" : "member", item)).join("")}</${name}>`;
  if (typeof value === "object") return `<${name}>${formatMembers(value)}</${name}>`;
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

function formatMembers(tree: AwsTree): string {
  return Object.entries(tree)
    .map(([name, value]) => formatElement(name, value))
    .join("");
}

/** The answer as XML. */
export function formatAwsXml({ root, namespace, tree }: AwsAnswer): string {
  const attribute = namespace === undefined ? "" : ` xmlns="${namespace}"`;
  return `<${root}${attribute}>${formatMembers(tree)}</${root}>`;
}

/** The answer as STS writes it for who accepts JSON. */
export function formatAwsJson({ root, tree }: AwsAnswer): string {
  return JSON.stringify(root === "ErrorResponse" ? tree : { [root]: tree });
}
