// Which namespace a prefix stands for, element by element (Namespaces in XML 1.0).
// TCX needs this to tell its own <Time> from the <ext:Time> of some producer's extension.

const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/";

export interface QualifiedName {
  readonly prefix: string;
  readonly local: string;
}

/** Splits a name at its colon; null if it has an empty part or a second colon. */
export function splitName(name: string): QualifiedName | null {
  const colon = name.indexOf(":");
  if (colon === -1) return { prefix: "", local: name };
  const prefix = name.slice(0, colon);
  const local = name.slice(colon + 1);
  return prefix === "" || local === "" || local.includes(":") ? null : { prefix, local };
}

/** The prefix that an attribute declares: `xmlns:p` gives `p`, `xmlns` gives the empty one, others null. */
export function declaredPrefix(name: QualifiedName): string | null {
  if (name.prefix === "xmlns") return name.local;
  return name.prefix === "" && name.local === "xmlns" ? "" : null;
}

/** What is wrong with binding `prefix` to `namespace`, or null. */
export function bindingProblem(prefix: string, namespace: string, xml11: boolean): string | null {
  if (prefix !== "" && namespace === "" && !xml11) return "a prefix cannot be undeclared in XML 1.0";
  if (prefix === "xml") return namespace === xmlNamespace ? null : "the prefix xml is bound elsewhere";
  if (prefix === "xmlns") return "the prefix xmlns cannot be declared";
  if (namespace === xmlNamespace || namespace === xmlnsNamespace) return "a reserved namespace is declared";
  return null;
}

/** The bindings in force, innermost last. */
export class NamespaceScope {
  readonly #prefixes = ["xml", "xmlns"];
  readonly #namespaces = [xmlNamespace, xmlnsNamespace];
  /** For each open element, how many bindings were in force outside it. */
  readonly #marks: number[] = [];

  enter(): void {
    this.#marks.push(this.#prefixes.length);
  }

  leave(): void {
    const mark = this.#marks.pop() ?? 2;
    this.#prefixes.length = mark;
    this.#namespaces.length = mark;
  }

  bind(prefix: string, namespace: string): void {
    this.#prefixes.push(prefix);
    this.#namespaces.push(namespace);
  }

  /** The namespace of a prefix, undefined if nothing binds it. The empty prefix need not be bound. */
  resolve(prefix: string): string | undefined {
    const index = this.#prefixes.lastIndexOf(prefix);
    return index === -1 ? undefined : this.#namespaces[index];
  }
}
