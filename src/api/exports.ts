// `GET /v1/activities/{id}.tcx`, `.gpx`, `.geojson`, `.fit`: a stored activity as a file, and with `.tcx?original=true` the TCX as
// the provider sent it.

import { z } from "@hono/zod-openapi";
import { answerExport } from "../activities/exports/answer.ts";
import {
  canExport,
  type ExportFormat,
  exportContentTypes,
  exportFileName,
  exportFormats,
} from "../activities/exports/export.ts";
import { type ActivityFiles, findActivityFiles } from "../activities/find-files.ts";
import { answerStoredObject } from "../activities/stored-answer.ts";
import { ProblemError } from "../kernel/problem.ts";
import { requireScope } from "./authenticate.ts";
import { exportExamples } from "./export-examples.ts";
import { apiRouter, problems } from "./router.ts";

const ifNoneMatch = z.object({
  "if-none-match": z.string().optional().openapi({ description: "`ETag` of an earlier answer." }),
});

const summaries: Readonly<Record<ExportFormat, string>> = {
  tcx: "An activity as TCX",
  gpx: "An activity as GPX 1.1, with heart rate",
  geojson: "An activity as GeoJSON",
  fit: "An activity as FIT",
};

const descriptions: Readonly<Record<ExportFormat, string>> = {
  tcx: "Laps, positions, altitude, distance, heart rate; validates against Garmin's schema. With `original=true` the file as the provider sent it, where there is one. Scope `read`.",
  gpx: "The seconds that have a position; a lap is a segment. Scope `read`.",
  geojson: "One line with times and heart rates; `geometry` is null without a route. Scope `read`.",
  fit: "Records, laps, session; 404 where FIT has no time for the activity: before July 1998. Scope `read`.",
};

const binary = {
  type: "string",
  format: "binary",
  description:
    "A FIT activity file: messages of bytes with a checksum behind them, for Garmin's FIT SDK to read.",
} as const;

/** In OpenAPI a file of text is a string. */
function contentOf(format: ExportFormat) {
  if (format === "fit") return { schema: binary };
  return { schema: { type: "string" } as const, example: exportExamples[format] };
}

const original = z.enum(["true", "false"]).optional();
const originals: Readonly<Record<"tcx" | "others", typeof original>> = {
  tcx: original.openapi({ description: "The provider's own file. Given once." }),
  others: original.openapi({ description: "`true` is refused: no provider sends this format. Ask for TCX." }),
};

export const exportRoutes = apiRouter();

for (const format of exportFormats) {
  exportRoutes.openAPIRegistry.registerPath({
    method: "get",
    path: `/activities/{id}.${format}`,
    summary: summaries[format],
    description: descriptions[format],
    tags: ["Activities"],
    request: {
      headers: ifNoneMatch,
      params: z.object({ id: z.string() }),
      query: z.object({ original: originals[format === "tcx" ? "tcx" : "others"] }),
    },
    responses: {
      200: {
        description: "The file, under the name of its day (`content-disposition`) and with an `ETag`",
        content: { [exportContentTypes[format]]: contentOf(format) },
      },
      304: { description: "Unchanged" },
      ...problems("invalid_request", "not_found"),
    },
  });
}

exportRoutes.get(
  `/activities/:file{[^/]+\\.(?:${exportFormats.join("|")})}`,
  requireScope("read"),
  async (c) => {
    const file = c.req.param("file");
    const format = exportFormats.find((name) => file.endsWith(`.${name}`));
    if (format === undefined) throw noActivity();
    const isOriginal = asksForOriginal(c.req.queries("original") ?? [], format);
    const stored = await findActivityFiles(c.env, file.slice(0, -format.length - 1));
    if (stored === null) throw noActivity();
    if (!canExport(stored, format)) {
      throw new ProblemError(
        "not_found",
        "FIT has times from July 1998 to February 2126 only; the other formats have this activity.",
      );
    }
    const answer = isOriginal
      ? await answerOriginal(c.req.raw, c.env.DOCUMENTS, stored)
      : await answerExport(c.req.raw, c.env.DOCUMENTS, stored, format);
    // Replaced or erased a moment ago: the next request sees what stands then.
    if (answer === null) throw noActivity();
    return answer;
  },
);

function noActivity(): ProblemError {
  return new ProblemError("not_found", "There is no activity with this id.");
}

function asksForOriginal(values: readonly string[], format: ExportFormat): boolean {
  const field = "query.original";
  const [given = "false", ...others] = values;
  if (others.length > 0) throw new ProblemError("invalid_request", "It is given once.", { field });
  if (given === "false") return false;
  if (given !== "true") throw new ProblemError("invalid_request", "It is `true` or `false`.", { field });
  if (format !== "tcx") {
    throw new ProblemError("invalid_request", "Only TCX is what the provider sends.", { field });
  }
  return true;
}

/** The provider's own bytes, as they stand in R2; null when the object is gone. */
async function answerOriginal(
  request: Request,
  bucket: R2Bucket,
  stored: ActivityFiles,
): Promise<Response | null> {
  if (stored.tcxKey === null) {
    throw new ProblemError("not_found", "The provider has sent no TCX of this activity.");
  }
  return await answerStoredObject(request, bucket, {
    key: stored.tcxKey,
    revision: stored.revision,
    contentType: exportContentTypes.tcx,
    fileName: exportFileName(stored, "original.tcx"),
  });
}
