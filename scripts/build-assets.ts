// Builds what the browser loads: one stylesheet for every page, and two scripts of the portal with the libraries they use.
// `wrangler dev` and `wrangler deploy` run it before they start (wrangler.toml, [build]); nothing of it is checked in.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { projectDirectory } from "./wrangler.ts";

const sourceDirectory = join(projectDirectory, "src/portal/browser");
const assetsDirectory = join(projectDirectory, "public/assets");

export async function buildAssets(): Promise<void> {
  const result = await build({
    entryPoints: ["fitglue.css", "live.ts", "activity.css", "activity.ts"].map((name) =>
      join(sourceDirectory, name),
    ),
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    write: false,
    legalComments: "eof",
    outdir: assetsDirectory,
    // Leaflet's stylesheet names icons of controls that the portal does not use.
    loader: { ".png": "empty" },
    logLevel: "warning",
  });
  mkdirSync(assetsDirectory, { recursive: true });
  for (const { path, text } of result.outputFiles) writeChanged(join(assetsDirectory, basename(path)), text);
}

/** Two builds at once write the same; a file that a server is reading is touched only when it differs. */
function writeChanged(path: string, text: string): void {
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // It is not there yet.
  }
  writeFileSync(path, text);
}

if (process.argv[1] === import.meta.filename) await buildAssets();
