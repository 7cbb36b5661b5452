export * from "./eks-token-vectors.ts";
