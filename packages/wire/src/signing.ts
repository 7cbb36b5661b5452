export { formatAmzDate } from "./amz-text.ts";
export * from "./amz-text.ts";
export * from "./presign-eks-token.ts";
export * from "./sigv4.ts";
