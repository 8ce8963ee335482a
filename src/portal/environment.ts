// What a handler of the portal finds in its context beyond the app's own: whose pages these are, and the token that every
// form has to carry.

import type { Context } from "hono";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import type { OperatorSession, UserSession } from "./session.ts";

interface SessionEnvironment<Session> {
  Bindings: AppEnvironment["Bindings"];
  Variables: AppEnvironment["Variables"] & { session: Session; formToken: string };
}

export type UserEnvironment = SessionEnvironment<UserSession>;
export type OperatorEnvironment = SessionEnvironment<OperatorSession>;

export type UserHandling = Context<UserEnvironment>;
export type OperatorHandling = Context<OperatorEnvironment>;
