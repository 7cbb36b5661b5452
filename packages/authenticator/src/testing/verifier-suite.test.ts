import { test } from "vitest";
import { createScene, goodClaims, now } from "../test-support/jwt-scene.ts";
import { createTestKey, signJwt } from "../test-support/sign-jwt.ts";
import { createTokenFileVerifier, parseTokenFile } from "../token-file/index.ts";
import { testVerifier } from "./verifier-suite.ts";

const key = createTestKey("one", "P-256");
const header = { alg: "ES256", kid: "one" };

testVerifier(test, "JWT", {
  create: () => createScene([key]),
  now,
  good: signJwt(header, goodClaims, key),
  bad: [signJwt(header, { ...goodClaims, exp: 1 }, key), signJwt(header, goodClaims, createTestKey("one", "P-256"))],
  foreign: ["opaque", signJwt(header, { ...goodClaims, iss: "https://other.test" }, key)],
});

testVerifier(test, "token file", {
  create: () => createTokenFileVerifier(parseTokenFile("static-token,jane,1\n", "tokens.csv")),
  now,
  good: "static-token",
  bad: [],
  foreign: ["other-token"],
});
