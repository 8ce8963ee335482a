// Bundles the measuring Worker around the measured one, with wrangler's own bundler: the module that the measuring Worker
// imports becomes src/worker.ts, and where that reaches a module to be timed it finds the timed one. Nothing is in src/.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectDirectory } from "../../scripts/wrangler.ts";
import { requireOfWrangler } from "../webhook/local-workerd.ts";

interface ResolveArguments {
  readonly path: string;
  readonly importer: string;
}

interface Bundler {
  build(
    options: Record<string, unknown>,
  ): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
  stop(): Promise<void>;
}

interface PluginBuild {
  onResolve(
    filter: { readonly filter: RegExp },
    resolve: (input: ResolveArguments) => { readonly path: string } | undefined,
  ): void;
}

/** A file's name in src/activities/, and what stands in for it. */
const timedModules: readonly (readonly [RegExp, string])[] = [
  [/\/assemble\.ts$/, join(import.meta.dirname, "timed-assemble.ts")],
  [/\/gzip\.ts$/, join(import.meta.dirname, "timed-gzip.ts")],
];

const substitutions = {
  name: "substitutions",
  setup(build: PluginBuild) {
    build.onResolve({ filter: /^worker-under-measurement$/ }, () => ({
      path: join(projectDirectory, "src/worker.ts"),
    }));
    for (const [filter, path] of timedModules) {
      // The timed module itself gets the genuine one.
      build.onResolve({ filter }, ({ importer }) => (importer === path ? undefined : { path }));
    }
  },
};

/** One module for workerd. */
export async function bundleMeasuringWorker(): Promise<string> {
  const esbuild = (await import(pathToFileURL(requireOfWrangler().resolve("esbuild")).href)) as Bundler;
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [join(import.meta.dirname, "worker.ts")],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*", "node:*"],
      plugins: [substitutions],
      logLevel: "silent",
    });
    const [bundle] = outputFiles;
    if (bundle === undefined) throw new Error("the measuring Worker gave no bundle");
    return bundle.text;
  } finally {
    await esbuild.stop();
  }
}
