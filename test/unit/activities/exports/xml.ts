// A strict parser's tree of a document, and a check of it against what a schema demands of order and number: enough of a schema
// to hold the exports to it without having the schemas here.

import { SaxesParser } from "saxes";

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** What stands directly in it, as it stands. */
  readonly text: string;
}

/** @throws where the document is not well-formed */
export function parseXml(document: string): Element {
  type Open = { name: string; attributes: Record<string, string>; children: Open[]; text: string };
  const top: Open = { name: "", attributes: {}, children: [], text: "" };
  const open: Open[] = [top];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element: Open = { name, attributes: { ...attributes }, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => open.pop());
  parser.on("text", (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.write(document).close();
  const [root] = top.children;
  if (root === undefined) throw new Error("a document has a root");
  return root;
}

export interface Shape {
  /** The children that may stand in an element, in this order: how many at least, how many at most. */
  readonly children: Readonly<
    Record<string, readonly (readonly [name: string, least: number, most: number])[]>
  >;
  /** Elements that hold text, and which. */
  readonly texts: Readonly<Record<string, (text: string) => boolean>>;
  /** Attributes that an element has, every one of them, and what they hold. */
  readonly attributes: Readonly<Record<string, Readonly<Record<string, (text: string) => boolean>>>>;
}

/** What a document breaks of a shape, in words; empty for a document that breaks nothing. */
export function violations(element: Element, shape: Shape, path = element.name): string[] {
  const found: string[] = [];
  for (const [name, holds] of Object.entries(shape.attributes[element.name] ?? {})) {
    const value = element.attributes[name];
    if (value === undefined || !holds(value)) found.push(`${path}@${name} is ${value}`);
  }
  const isText = shape.texts[element.name];
  if (isText !== undefined) {
    if (element.children.length > 0 || !isText(element.text)) found.push(`${path} is ${element.text}`);
    return found;
  }
  const allowed = shape.children[element.name];
  if (allowed === undefined) return [...found, `${path} is not known`];
  if (element.text.trim() !== "") found.push(`${path} holds text`);
  let next = 0;
  for (const [name, least, most] of allowed) {
    let count = 0;
    for (; element.children[next]?.name === name; next++) count += 1;
    if (count < least || count > most) found.push(`${path} has ${count} of ${name}`);
  }
  const stray = element.children[next];
  if (stray !== undefined) found.push(`${path} has ${stray.name} out of order`);
  return [
    ...found,
    ...element.children.flatMap((child) => violations(child, shape, `${path}/${child.name}`)),
  ];
}

/** All elements of a name, in the order of the document. */
export function elementsOf(element: Element, name: string): Element[] {
  const own = element.name === name ? [element] : [];
  return [...own, ...element.children.flatMap((child) => elementsOf(child, name))];
}

export function textOf(element: Element | undefined, name: string): string | undefined {
  return element?.children.find((child) => child.name === name)?.text;
}

export const isTime = (text: string) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(text) && !Number.isNaN(Date.parse(text));

/** Written without an exponent, from the least to the greatest; `below`: the greatest is one too many. */
export const isDecimal =
  (least = Number.NEGATIVE_INFINITY, greatest = Number.POSITIVE_INFINITY, below = false) =>
  (text: string) =>
    /^-?\d+(\.\d+)?$/.test(text) &&
    Number(text) >= least &&
    (below ? Number(text) < greatest : Number(text) <= greatest);

export const isWhole = (least: number, greatest: number) => (text: string) =>
  /^\d+$/.test(text) && Number(text) >= least && Number(text) <= greatest;

export const isAnything = () => true;
