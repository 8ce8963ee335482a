// The few shapes that the pictures of the documentation are made of. Colours are of middle lightness, so that a picture reads on a
// light page and on a dark one; numbers are cut to a tenth, so that the same run gives the same bytes everywhere.

export const colours = {
  text: "#7b8490",
  line: "#9aa3af",
  sample: "#e5484d",
  record: "#3b82f6",
  nothing: "#a8a29e",
  zones: ["#4f8fe6", "#3fa45b", "#c9a227", "#e08833", "#e5484d"],
} as const;

const tenth = (value: number) => String(Math.round(value * 10) / 10);
const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A picture with a title for those who cannot see it. */
export function svg(width: number, height: number, title: string, shapes: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">`,
    `  <title>${escaped(title)}</title>`,
    ...shapes.map((shape) => `  ${shape}`),
    "</svg>",
    "",
  ].join("\n");
}

export function text(
  x: number,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end" = "start",
): string {
  return `<text x="${tenth(x)}" y="${tenth(y)}" fill="${colours.text}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, colour: string, dashed = false): string {
  const dash = dashed ? ' stroke-dasharray="4 4"' : "";
  return `<line x1="${tenth(x1)}" y1="${tenth(y1)}" x2="${tenth(x2)}" y2="${tenth(y2)}" stroke="${colour}" stroke-width="1.5"${dash}/>`;
}

export function dot(x: number, y: number, colour: string, radius = 3.5): string {
  return `<circle cx="${tenth(x)}" cy="${tenth(y)}" r="${radius}" fill="${colour}"/>`;
}

/** An empty circle: something without a value. */
export function ring(x: number, y: number, colour: string): string {
  return `<circle cx="${tenth(x)}" cy="${tenth(y)}" r="2.5" fill="none" stroke="${colour}"/>`;
}

export function bar(x: number, y: number, width: number, height: number, colour: string): string {
  return `<rect x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" rx="2" fill="${colour}"/>`;
}

/** An empty square. */
export function outline(x: number, y: number, side: number): string {
  return `<rect x="${tenth(x)}" y="${tenth(y)}" width="${side}" height="${side}" rx="2" fill="none" stroke="${colours.line}"/>`;
}
