import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll } from "vitest";
import { password } from "./keystone.ts";
import { screenshots } from "./places.ts";
import { getProgram } from "./programs.ts";

/** What the person sees at the end. */
export interface Seen {
  readonly title: string;
  readonly text: string;
  readonly url: string;
}

/** Somebody with a browser. */
export interface Person {
  /** Opens the URL, fills in the issuer's page as `name`, and reads the page on which that ends. */
  signIn(url: string, name: string, screenshot?: string): Promise<Seen>;
  /** Refuses. Dex keeps that to itself, so the browser goes where any other issuer sends it then (RFC 6749 section 4.1.2.1). */
  refuse(url: string, screenshot?: string): Promise<Seen>;
  /** Signs in, in a browser that cannot reach the machine where kubepass runs, and copies the address it ends on. */
  copyAddress(url: string, name: string): Promise<string>;
  /** Signs in on the page of the demo's issuer, with a typing error in the password first. */
  signInAtDemo(url: string, account: string, secret: string): Promise<Seen>;
  /** Opens the page of a device code, and approves. */
  approveDevice(url: string, name: string): Promise<Seen>;
}

const sizes = { phone: { width: 375, height: 720 }, desktop: { width: 1280, height: 800 } };

async function look(page: Page): Promise<Seen> {
  return { title: await page.title(), text: await page.locator("body").innerText(), url: page.url() };
}

async function takePictures(page: Page, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(screenshots, `${name}-${size}-${colorScheme}.png`), fullPage: true });
    }
  }
}

function formatRefusal(url: string): string {
  const asked = new URL(url).searchParams;
  const answer = new URL(asked.get("redirect_uri") ?? "");
  answer.search = new URLSearchParams({
    error: "access_denied",
    error_description: "No, thanks",
    state: asked.get("state") ?? "",
  }).toString();
  return answer.href;
}

async function fillIn(page: Page, name: string): Promise<void> {
  await page.fill("#login", name);
  await page.fill("#password", password);
  await page.click("#submit-login");
}

async function signInAtDemo(page: Page, url: string, account: string, secret: string): Promise<Seen> {
  await page.goto(url);
  for (const typed of [`${secret}?`, secret]) {
    await page.getByLabel("Account").fill(account);
    await page.getByLabel("Password").fill(typed);
    await page.getByRole("button", { name: "Sign in" }).click();
    if (typed !== secret) await page.getByRole("alert").waitFor();
  }
  // Only kubepass, which waits for the answer, is without TLS.
  await page.waitForURL(/^http:/);
  return await look(page);
}

/** A person with a real browser for the tests of a file. Each sign-in is in a window that knows nothing of the others. */
export function createPerson(): Person {
  const root = process.geteuid?.() === 0 ? ["--no-sandbox"] : [];
  let browser: Promise<Browser> | undefined;
  afterAll(async () => {
    await (await browser)?.close();
  });
  const inWindow = async <T>(act: (page: Page) => Promise<T>): Promise<T> => {
    browser ??= chromium.launch({ executablePath: getProgram("chromium"), args: ["--disable-gpu", ...root] });
    const context: BrowserContext = await (await browser).newContext({ ignoreHTTPSErrors: true });
    try {
      return await act(await context.newPage());
    } finally {
      await context.close();
    }
  };
  return {
    signIn: async (url, name, screenshot) =>
      await inWindow(async (page) => {
        await page.goto(url);
        await fillIn(page, name);
        await page.waitForURL(/^https?:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+\/(?!dex|brief)/);
        await takePictures(page, screenshot);
        return await look(page);
      }),
    refuse: async (url, screenshot) =>
      await inWindow(async (page) => {
        await page.goto(url);
        await page.goto(formatRefusal(url));
        await takePictures(page, screenshot);
        return await look(page);
      }),
    copyAddress: async (url, name) =>
      await inWindow(async (page) => {
        await page.goto(url);
        const requested = page.waitForRequest(/[?&]code=/);
        await page.route(/[?&]code=/, async (route) => await route.abort());
        await fillIn(page, name);
        return (await requested).url();
      }),
    signInAtDemo: async (url, account, secret) => await inWindow(async (page) => await signInAtDemo(page, url, account, secret)),
    approveDevice: async (url, name) =>
      await inWindow(async (page) => {
        await page.goto(url);
        await page.getByRole("button", { name: "Submit" }).click();
        await fillIn(page, name);
        await page.getByText("Login Successful").waitFor();
        return await look(page);
      }),
  };
}
