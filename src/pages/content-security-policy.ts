// What a page may load and where its forms may lead. Nothing by default; no inline script and no inline style, ever.

export interface PageSources {
  /** Sources that a form of this page may lead to, its redirects included. None by default. */
  readonly formTargets?: readonly string[];
  /** Origins of images besides our own. */
  readonly imageSources?: readonly string[];
  /** Whether our own scripts may run here, and ask this Worker for more. */
  readonly scripts?: readonly string[];
}

/** The value of the `Content-Security-Policy` header. */
export function contentSecurityPolicy(sources: PageSources): string {
  const directives: [name: string, values: readonly string[]][] = [
    ["default-src", ["'none'"]],
    ["style-src", ["'self'"]],
    ["img-src", ["'self'", "data:", ...(sources.imageSources ?? [])]],
    ["form-action", sources.formTargets ?? ["'none'"]],
    ["base-uri", ["'none'"]],
    ["frame-ancestors", ["'none'"]],
  ];
  if ((sources.scripts ?? []).length > 0) {
    directives.push(["script-src", ["'self'"]], ["connect-src", ["'self'"]]);
  }
  return directives.map(([name, values]) => `${name} ${values.join(" ")}`).join("; ");
}
