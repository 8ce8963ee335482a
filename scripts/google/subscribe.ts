// `google:subscribe` without a terminal: from what was typed to the calls that are made and the lines that are printed.
// Everything is checked before the first call; effects come in as functions.

import { requestAccessToken } from "./service-account.ts";
import {
  readAccount,
  readEndpoint,
  readId,
  readProject,
  readSecret,
  type SubscribeEffects,
  type SubscribeOptions,
} from "./settings.ts";
import { SubscriberError } from "./subscriber-error.ts";
import {
  carryOut,
  type PlannedCall,
  type Project,
  planCreate,
  planDelete,
  planList,
  planUpdate,
  readPage,
  type Subscriber,
  subscriberOf,
} from "./subscribers.ts";

/**
 * Lists, creates, changes or deletes the project's subscriber.
 * @throws SubscriberError when something is missing, not valid, or refused.
 */
export async function subscribe(options: SubscribeOptions, effects: SubscribeEffects): Promise<void> {
  const { command } = options;
  if (command !== "list" && command !== "create" && command !== "update" && command !== "delete") {
    throw new SubscriberError("Say `list`, `create`, `update` or `delete`; --help shows the rest.");
  }
  const project = readProject(options, effects);
  switch (command) {
    case "list": {
      if (options.dryRun) return printCalls([planList(project, "")], effects);
      return await list(project, await token(options, effects), effects);
    }
    case "create":
    case "update": {
      const id = readId(options.id);
      const endpoint = readEndpoint(effects);
      const secret = readSecret(options, effects, endpoint);
      const call =
        command === "create"
          ? planCreate(project, id, endpoint, secret)
          : planUpdate(project, id, options.secretOnly ? null : endpoint, secret);
      if (options.dryRun) return printCalls([call], effects);
      const subscriber = subscriberOf(await carryOut(call, await token(options, effects)));
      if (subscriber !== null) effects.print(describe(subscriber));
      else effects.print(`Google has taken it without saying more: \`list\` shows how ${id} stands.`);
      return;
    }
    case "delete": {
      const id = readId(options.id);
      const call = planDelete(project, id, options.force);
      if (options.dryRun) return printCalls([call], effects);
      await carryOut(call, await token(options, effects));
      return effects.print(
        `${id} is deleted: no more pushes come, and the daily sweep finds what they would have told.`,
      );
    }
    default:
      return command satisfies never;
  }
}

async function list(project: Project, accessToken: string, effects: SubscribeEffects): Promise<void> {
  let count = 0;
  for (let pageToken = "", isLast = false; !isLast; ) {
    const page = readPage(await carryOut(planList(project, pageToken), accessToken));
    for (const subscriber of page.subscribers) effects.print(describe(subscriber));
    count += page.subscribers.length;
    // A token that stands still would go round for ever.
    isLast = page.nextPageToken === "" || page.nextPageToken === pageToken;
    pageToken = page.nextPageToken;
  }
  if (count === 0) effects.print(`Project ${project.number} has no subscriber.`);
}

async function token(options: SubscribeOptions, effects: SubscribeEffects): Promise<string> {
  return await requestAccessToken(readAccount(options, effects), effects.now());
}

function printCalls(calls: readonly PlannedCall[], effects: SubscribeEffects): void {
  for (const { method, address, body } of calls) {
    effects.print(`${method} ${address}`);
    if (body === null) continue;
    const shown = { ...body, endpointAuthorization: { secret: "(not shown)" } };
    effects.print(JSON.stringify(shown, null, 2));
  }
}

function describe(subscriber: Subscriber): string {
  const state = subscriber.state === "" ? "state unknown" : subscriber.state;
  return `${subscriber.id}  ${state}  ${subscriber.endpointUri}  ${subscriber.dataTypes.join(",")}`;
}
