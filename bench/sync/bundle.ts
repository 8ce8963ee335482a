// Bundles the measuring Worker around the measured one, with wrangler's own bundler: the module that the measuring Worker
// imports becomes src/worker.ts, and where that reaches assemble.ts it finds the timed one. Nothing of it is in src/.

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

const timedAssemble = join(import.meta.dirname, "timed-assemble.ts");

const substitutions = {
  name: "substitutions",
  setup(build: PluginBuild) {
    build.onResolve({ filter: /^worker-under-measurement$/ }, () => ({
      path: join(projectDirectory, "src/worker.ts"),
    }));
    build.onResolve({ filter: /\/assemble\.ts$/ }, ({ importer }) =>
      importer === timedAssemble ? undefined : { path: timedAssemble },
    );
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
