import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { createWebhookVerifier } from "./webhook-verifier.ts";

const context = { audiences: ["a"], now: new Date(0), signal: new AbortController().signal };
const url = "https://webhook.example/authenticate";

/** Another webhook that answers so; what it was asked is in `asked`. */
function createScene(answer: () => Response, tokenPrefix = "") {
  const asked: { readonly headers: unknown; readonly body: unknown }[] = [];
  const clock = { nowMs: 0 };
  const verifier = createWebhookVerifier({
    url,
    apiVersion: "authentication.k8s.io/v1",
    tokenPrefix,
    bearerToken: new Secret("caller"),
    now: () => new Date(clock.nowMs),
    fetch: async (_, request) => {
      asked.push({ headers: request?.headers, body: JSON.parse(String(request?.body)) });
      return answer();
    },
  });
  return { verifier, asked, clock, verify: async () => await verifier.verify(new Secret("t"), context) };
}

const reply =
  (status: unknown, code = 200) =>
  (): Response =>
    Response.json({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }, { status: code });

test("it asks as an API server does", async () => {
  const { verify, asked } = createScene(reply({ authenticated: false }));
  await verify();
  expect(asked).toEqual([
    {
      headers: { "content-type": "application/json", accept: "application/json", authorization: "Bearer caller" },
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token: "t", audiences: ["a"] } },
    },
  ]);
});

test.each([
  [{ authenticated: true, user: { username: "anna" } }, 200, { kind: "verified", audiences: undefined }],
  [{ authenticated: true, user: { username: "anna" }, audiences: ["a"] }, 201, { kind: "verified", audiences: ["a"] }],
  [{ authenticated: false }, 200, { kind: "refused", code: "WEBHOOK_REFUSED" }],
  [{ authenticated: false, error: "quotes the t0ken" }, 200, { kind: "uncertain", code: "WEBHOOK_UNCERTAIN" }],
  [{ authenticated: true, user: { username: "anna" } }, 401, { kind: "uncertain", code: "WEBHOOK_FAILED" }],
  [{ authenticated: true, user: { username: "anna" } }, 500, { kind: "uncertain", code: "WEBHOOK_FAILED" }],
  [{ authenticated: "yes" }, 200, { kind: "uncertain", code: "WEBHOOK_UNREACHABLE" }],
])("%j with status %i is %j", async (status, code, verdict) => {
  const found = await createScene(reply(status, code)).verify();
  expect(found).toMatchObject(verdict);
  expect(JSON.stringify(found)).not.toContain("t0ken");
});

test("it takes the tokens of its prefix alone", () => {
  const { verifier } = createScene(reply({}), "k8s-aws-v1.");
  expect([verifier.claims("k8s-aws-v1.x"), verifier.claims("x.k8s-aws-v1."), verifier.claims("")]).toEqual([true, false, false]);
});

test("after five failures in a row it is left alone for a while, then asked once", async () => {
  const { verify, asked, clock } = createScene(reply({}, 500));
  for (let index = 0; index < 8; index += 1) await verify();
  expect(asked).toHaveLength(5);
  clock.nowMs = 5000;
  for (let index = 0; index < 3; index += 1) await verify();
  expect(asked).toHaveLength(6);
});

test("a breaker closes with the first success", () => {
  const breaker = new CircuitBreaker({ failuresToOpen: 2, openMs: 100 });
  breaker.note(false, 0);
  breaker.note(false, 0);
  expect([breaker.mayAsk(99), breaker.mayAsk(100), breaker.mayAsk(100)]).toEqual([false, true, false]);
  breaker.note(true, 150);
  expect(breaker.mayAsk(151)).toBe(true);
});
