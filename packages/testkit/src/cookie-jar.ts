interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

function matchesPath(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith("/") ? cookiePath : `${cookiePath}/`);
}

function parseCookie(header: string, url: URL): { readonly cookie: Cookie; readonly isOver: boolean } {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const end = pair.indexOf("=");
  const find = (name: string): string | undefined =>
    attributes.find((attribute) => attribute.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const expires = find("expires");
  const cookie = { name: pair.slice(0, end), value: pair.slice(end + 1), host: url.hostname, path: find("path") ?? "/" };
  return { cookie, isOver: (expires !== undefined && new Date(expires).getTime() <= Date.now()) || find("max-age") === "0" };
}

/** The cookies of one browser. As in a browser, they belong to a host, whatever the port (RFC 6265 §8.5). */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes the `Set-Cookie` headers of an answer. */
  store(url: URL, headers: readonly string[]): void {
    for (const header of headers) {
      const { cookie, isOver } = parseCookie(header, url);
      const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
      if (isOver) this.#cookies.delete(key);
      else this.#cookies.set(key, cookie);
    }
  }

  /** The `Cookie` header for a request; empty when there is nothing to send. */
  format(url: URL): string {
    const sent = [...this.#cookies.values()].filter((cookie) => cookie.host === url.hostname && matchesPath(url.pathname, cookie.path));
    return sent.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
  }
}
