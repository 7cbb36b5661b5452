import { describe, expect, test } from "vitest";
import { CookieJar } from "./cookie-jar.ts";

describe("a cookie jar", () => {
  test("gives cookies back to the host and path they are from, on any port", () => {
    const jar = new CookieJar();
    jar.store(new URL("https://127.0.0.1:1/login"), ["session=a=b; Path=/; HttpOnly", "step=1; path=/login/2; samesite=lax"]);
    expect(jar.format(new URL("https://127.0.0.1:2/"))).toBe("session=a=b");
    expect(jar.format(new URL("https://127.0.0.1:1/login/2/x"))).toBe("session=a=b; step=1");
    expect(jar.format(new URL("https://127.0.0.1:1/login/22"))).toBe("session=a=b");
    expect(jar.format(new URL("https://localhost:1/"))).toBe("");
  });

  test("forgets what is over", () => {
    const jar = new CookieJar();
    const url = new URL("https://a.example/");
    jar.store(url, ["a=1", "b=2; max-age=60", "broken", ""]);
    jar.store(url, ["a=; expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=; Max-Age=0"]);
    expect(jar.format(url)).not.toMatch(/[ab]=/);
  });
});
