import { createIssuer, type Issuer } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { createFakeUser, type FakeUser } from "./run-in-process.ts";

/** What tests of signing in happen in. */
export interface SignInScene {
  /** One for all tests; before each it signs in anna, without a page. */
  readonly issuer: Issuer;
  /** A new one for each test. */
  readonly user: FakeUser;
}

/** A scene for the tests beside this call, which is over when they are. */
export function createSignInScene(): SignInScene {
  let issuer: Issuer;
  let user: FakeUser;
  beforeAll(async () => {
    issuer = await createIssuer();
  });
  afterAll(() => issuer.close());
  beforeEach(() => {
    issuer.signInMode = "automatic";
    issuer.account = "anna";
    user = createFakeUser();
  });
  afterEach(() => user.remove());
  return {
    get issuer() {
      return issuer;
    },
    get user() {
      return user;
    },
  };
}
