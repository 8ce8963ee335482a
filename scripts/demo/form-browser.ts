// A browser without a window: keeps cookies, follows redirects, finds the forms of a page and sends them. It is what makes the
// demo and the end-to-end tests walk the same pages as a person; it runs no script and loads no image.

export interface PageForm {
  readonly action: string;
  readonly method: "GET" | "POST";
  /** Hidden and prefilled fields. Boxes and buttons are not in it: whoever fills the form in chooses them. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Values on offer under each name, from boxes, lists and buttons. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly forms: readonly PageForm[];
}

const mostRedirects = 10;

export class FormBrowser {
  // Cookies belong to a host whatever its port (RFC 6265 §8.5): Worker and simulator share a jar here as in any browser.
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Opens an address, redirects followed. */
  async open(url: string): Promise<Page> {
    return await this.#go(url, { method: "GET" });
  }

  /** Sends a form with what a person chose; a chosen name replaces a prefilled one. */
  async submit(
    page: Page,
    form: PageForm,
    chosen: Readonly<Record<string, string | readonly string[]>> = {},
  ): Promise<Page> {
    const fields = new URLSearchParams();
    for (const [name, value] of form.fields) if (!(name in chosen)) fields.append(name, value);
    for (const [name, value] of Object.entries(chosen)) {
      for (const entry of typeof value === "string" ? [value] : value) fields.append(name, entry);
    }
    const target = new URL(form.action, page.url);
    if (form.method === "GET") {
      target.search = fields.toString();
      return await this.#go(target.href, { method: "GET" });
    }
    return await this.#go(target.href, {
      method: "POST",
      body: fields.toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        origin: new URL(page.url).origin,
      },
    });
  }

  async #go(
    address: string,
    request: { method: string; body?: string; headers?: Record<string, string> },
  ): Promise<Page> {
    let url = new URL(address);
    let next = request;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const response = await fetch(url, {
        ...next,
        headers: { ...next.headers, accept: "text/html", cookie: this.#cookieHeader(url.hostname) },
        redirect: "manual",
      });
      this.#keepCookies(url.hostname, response.headers.getSetCookie());
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) {
        const html = await response.text();
        return { url: url.href, status: response.status, html, forms: readForms(html, url.href) };
      }
      await response.body?.cancel();
      url = new URL(location, url);
      if (response.status !== 307 && response.status !== 308) next = { method: "GET" };
    }
    throw new Error(`More than ${mostRedirects} redirects, the last to ${url.origin}${url.pathname}.`);
  }

  #cookieHeader(host: string): string {
    return [...(this.#cookies.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  #keepCookies(host: string, headers: readonly string[]): void {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split(";");
      const separator = pair.indexOf("=");
      const name = pair.slice(0, separator).trim();
      const ends = attributes.some((attribute) => /^\s*max-age=(0|-\d+)\s*$/i.test(attribute));
      if (ends) jar.delete(name);
      else jar.set(name, pair.slice(separator + 1).trim());
    }
  }
}

/** The forms of a page, in order. */
export function readForms(html: string, pageUrl: string): PageForm[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map((match) => {
    const attributes = readAttributes(match[1] ?? "");
    const fields: [string, string][] = [];
    const choices = new Map<string, string[]>();
    let selectName = "";
    const offer = (name: string, value: string) => choices.set(name, [...(choices.get(name) ?? []), value]);
    for (const control of (match[2] ?? "").matchAll(/<(input|button|option|select)\b([^>]*)>/gi)) {
      const { name = "", value = "", type = "text" } = readAttributes(control[2] ?? "");
      const kind = (control[1] ?? "").toLowerCase();
      if (kind === "select") selectName = name;
      else if (kind === "option") offer(selectName, value);
      else if (name === "") continue;
      else if (kind === "button" || ["submit", "checkbox", "radio"].includes(type.toLowerCase())) {
        offer(name, value === "" ? "on" : value);
      } else fields.push([name, value]);
    }
    return {
      action: attributes.action === undefined || attributes.action === "" ? pageUrl : attributes.action,
      method: attributes.method?.toUpperCase() === "POST" ? "POST" : "GET",
      fields,
      choices,
    };
  });
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const match of text.matchAll(/([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)) {
    attributes[(match[1] ?? "").toLowerCase()] = decodeEntities(match[2] ?? match[3] ?? match[4] ?? "");
  }
  return attributes;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return entities[String(name).toLowerCase()] ?? whole;
  });
}
