/** The style of every page: quiet, one card, follows the system's light or dark setting. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--line:#e3e6eb;--ink:#16191f;--soft:#565e6c;--good:#0f7a4a;--good-ground:#e3f4eb;--bad:#b3261e;--bad-ground:#fceae8;--calm:#39517e;--calm-ground:#e8edf6;--shade:0 1px 2px rgb(16 24 40/5%),0 16px 40px -16px rgb(16 24 40/14%)}
@media(prefers-color-scheme:dark){:root{--ground:#0e1116;--card:#171b22;--line:#2a303a;--ink:#eef1f5;--soft:#a3acb9;--good:#5fd29b;--good-ground:#12301f;--bad:#ff9b91;--bad-ground:#3a1816;--calm:#a9c0ee;--calm-ground:#1c2740;--shade:none}}
*{box-sizing:border-box;margin:0}
html{-webkit-text-size-adjust:100%}
body{min-height:100vh;min-height:100svh;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:1.5rem;padding:2rem 1.25rem;background:var(--ground);color:var(--ink);font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{width:100%;max-width:30rem;padding:2.5rem;background:var(--card);border:1px solid var(--line);border-radius:1.25rem;box-shadow:var(--shade)}
.mark{display:flex;width:3.5rem;height:3.5rem;align-items:center;justify-content:center;border-radius:50%}
.mark svg{width:1.75rem;height:1.75rem;fill:none;stroke:currentColor;stroke-width:2.25;stroke-linecap:round;stroke-linejoin:round}
.good{color:var(--good);background:var(--good-ground)}
.bad{color:var(--bad);background:var(--bad-ground)}
.calm{color:var(--calm);background:var(--calm-ground)}
h1{margin-top:1.5rem;font-size:1.625rem;line-height:1.25;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
.lead{margin-top:.5rem;color:var(--soft);text-wrap:balance}
dl{margin-top:1.75rem;border-top:1px solid var(--line)}
dl div{padding:.875rem 0;border-bottom:1px solid var(--line)}
dl div:last-child{border-bottom:0;padding-bottom:0}
dt{font-size:.8125rem;color:var(--soft)}
dd{margin-top:.125rem;overflow-wrap:anywhere}
.name{font-weight:600}
.prose::first-letter{text-transform:uppercase}
code{font:.875rem/1.6 ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
footer{display:flex;align-items:center;gap:.5rem;font-size:.8125rem;color:var(--soft);letter-spacing:.01em}
footer svg{width:1rem;height:1rem;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
@media(max-width:30rem){body{padding:1.25rem 1rem}main{padding:1.75rem 1.5rem}h1{font-size:1.5rem}}
@media(forced-colors:active){.mark{border:1px solid}}
`;
