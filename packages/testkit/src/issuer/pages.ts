const style = `
  :root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --text: #1c2430; --quiet: #5b6675; --line: #d5dae1; --main: #2457d6; --bad: #b3261e }
  @media (prefers-color-scheme: dark) { :root { --back: #12161c; --card: #1c222b; --text: #e8ecf2; --quiet: #9aa6b5; --line: #36404d; --main: #7aa2ff; --bad: #ff9b93 } }
  * { box-sizing: border-box }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
  main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
  h1 { margin: 0 0 .25rem; font-size: 1.35rem }
  p { margin: 0 0 1.25rem; color: var(--quiet); overflow-wrap: anywhere }
  p.bad { color: var(--bad) }
  label { display: block; margin-bottom: 1rem; font-weight: 600 }
  input { display: block; width: 100%; margin-top: .3rem; padding: .6rem .7rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .4rem }
  input:focus, button:focus-visible { outline: 2px solid var(--main); outline-offset: 1px }
  button { width: 100%; padding: .65rem; margin-top: .5rem; font: inherit; font-weight: 600; border: 1px solid var(--main); border-radius: .4rem; background: var(--main); color: var(--card); cursor: pointer }
  button.quiet { background: transparent; color: var(--quiet); border-color: transparent }
  code { font-size: 1.4rem; letter-spacing: .1em }`;

/** Text made harmless in HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

function formatPage(title: string, body: string): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">`;
  return `<!doctype html><html lang="en"><head>${head}<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${body}</main></body></html>`;
}

/** What the sign-in page shows. */
export interface SignInPage {
  readonly clientName: string;
  /** Already in the account field. */
  readonly account: string;
  readonly isWrong: boolean;
}

/** The page that asks for account and password, and sends them to where it came from. */
export function formatSignInPage({ clientName, account, isWrong }: SignInPage): string {
  const note = isWrong ? `<p class="bad" role="alert">That account and password do not belong together.</p>` : "";
  const [accountFocus, passwordFocus] = account === "" ? [" autofocus", ""] : ["", " autofocus"];
  return formatPage(
    "Sign in",
    `<h1>Sign in</h1><p>to continue to ${escapeHtml(clientName)}</p>${note}
    <form method="post"><label>Account<input name="account" autocomplete="username" required value="${escapeHtml(account)}"${accountFocus}></label>
    <label>Password<input name="password" type="password" autocomplete="current-password" required${passwordFocus}></label>
    <button type="submit">Sign in</button><button class="quiet" type="submit" name="cancel" value="yes" formnovalidate>Cancel</button></form>`,
  );
}

/** A page with one sentence. */
export function formatNotePage(title: string, text: string): string {
  return formatPage(title, `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>`);
}

/** The page that asks for the code that the device shows. `form` is the provider's own, `id="op.deviceInputForm"`. */
export function formatUserCodePage(form: string, note: string | undefined): string {
  const bad = note === undefined ? "" : `<p class="bad" role="alert">${escapeHtml(note)}</p>`;
  return formatPage(
    "Connect a device",
    `<h1>Connect a device</h1><p>Enter the code that the device shows.</p>${bad}${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
  );
}

/** The page that asks whether the device shows the same code. */
export function formatUserCodeCheckPage(form: string, userCode: string): string {
  return formatPage(
    "Connect a device",
    `<h1>Connect a device</h1><p>Does the device show this code?</p><p><code>${escapeHtml(userCode)}</code></p>${form}
    <button type="submit" form="op.deviceConfirmForm">Yes, connect it</button>
    <button class="quiet" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No</button>`,
  );
}

/** The page that asks whether to sign out. */
export function formatSignOutPage(form: string): string {
  return formatPage(
    "Sign out",
    `<h1>Sign out?</h1><p>You will have to sign in again.</p>${form}
    <button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
    <button class="quiet" type="submit" form="op.logoutForm">Stay signed in</button>`,
  );
}
