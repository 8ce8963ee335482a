// One activity: its page, the document that the page's script draws from, the file that the provider sent, and the activity in
// other formats. A deleted one has a page that says so and nothing else; whoever asks for another user's is told what is told of
// an id that never was.

import { Hono } from "hono";
import { answerExport } from "../activities/exports/answer.ts";
import { canExport, type ExportFormat, exportFileName, exportFormats } from "../activities/exports/export.ts";
import type { ActivityRow } from "../activities/store.ts";
import { answerStoredObject, type StoredObject } from "../activities/stored-answer.ts";
import { readClock } from "../kernel/clock.ts";
import { readActivityOverview, readOwnActivity } from "./activity-overview.ts";
import { ActivityContent } from "./activity-page.tsx";
import type { UserEnvironment, UserHandling } from "./environment.ts";
import { portalPage } from "./frame.tsx";
import { notFoundPage } from "./plain-pages.tsx";
import { relativeTime } from "./times.ts";

export const activityRoutes = new Hono<UserEnvironment>()
  .get("/portal/activities/:id", showActivity)
  .get("/portal/activities/:id/document.json", (c) =>
    download(c, ({ documentKey }) => documentKey, { contentType: "application/json" }),
  )
  .get("/portal/activities/:id/original.tcx", (c) =>
    download(c, ({ tcxKey }) => tcxKey, {
      contentType: "application/vnd.garmin.tcx+xml",
      extension: "original.tcx",
    }),
  );

for (const format of exportFormats) {
  activityRoutes.get(`/portal/activities/:id/export.${format}`, (c) => exportFile(c, format));
}

async function showActivity(c: UserHandling): Promise<Response> {
  const { configuration } = c.var;
  const now = await readClock(configuration);
  const row = await ownActivity(c);
  if (row === null) return notFoundPage();
  const overview = await readActivityOverview(c.env, row);
  if (overview === null) return deletedPage(c, row.deletedAt ?? row.updatedAt, now);
  const { mapTiles } = configuration;
  return portalPage(
    c,
    {
      title: overview.activity.title,
      place: "history",
      scripts: ["/assets/activity.js"],
      stylesheets: ["/assets/activity.css"],
      imageSources: mapTiles === null ? [] : [mapTiles.imageSource],
    },
    <ActivityContent overview={overview} mapTiles={mapTiles} now={now} />,
  );
}

function deletedPage(c: UserHandling, deletedAt: number, now: number): Promise<Response> {
  return portalPage(
    c,
    { title: "This activity was deleted", place: "history", status: 404 },
    <p>
      It was deleted {relativeTime(deletedAt, now)}, at your provider or together with your data here. FitGlue
      has been told. <a href="/portal/history">Activity History</a> shows what there is.
    </p>,
  );
}

/** Hands on a stored object of the user's own activity, under the name of its day where it is to be saved. */
async function download(
  c: UserHandling,
  keyOf: (row: ActivityRow) => string | null,
  { contentType, extension }: { contentType: string; extension?: string },
): Promise<Response> {
  const row = await ownActivity(c);
  const key = row === null || row.deletedAt !== null ? null : keyOf(row);
  if (row === null || key === null) return notFoundPage();
  const stored: StoredObject = {
    key,
    revision: row.revision,
    contentType,
    ...(extension === undefined ? {} : { fileName: exportFileName(row, extension) }),
  };
  return (await answerStoredObject(c.req.raw, c.env.DOCUMENTS, stored)) ?? notFoundPage();
}

/** The user's own activity in another format; one that still settles too, as its document. */
async function exportFile(c: UserHandling, format: ExportFormat): Promise<Response> {
  const row = await ownActivity(c);
  if (row === null || row.deletedAt !== null || row.documentKey === null) return notFoundPage();
  if (!canExport(row, format)) return notFoundPage();
  const { id, revision, startTime, documentKey } = row;
  const activity = { id, revision, startTime, documentKey };
  return (await answerExport(c.req.raw, c.env.DOCUMENTS, activity, format)) ?? notFoundPage();
}

function ownActivity(c: UserHandling): Promise<ActivityRow | null> {
  return readOwnActivity(c.env, c.var.session.userId, c.req.param("id") ?? "");
}
