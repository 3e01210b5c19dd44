import type { FastifyPluginCallback } from "fastify";
import type { ConnectError } from "../../wire/connect-error.ts";
import type { BridgeSessions, DestinationPolicy } from "../delivery/index.ts";
import type { SchedulerApi } from "../seam.ts";
import type { ApiKeys } from "./api-keys.ts";
import { type BackupOptions, serveBackup } from "./backup-route.ts";
import { serveBridge } from "./bridge-routes.ts";
import { serveControl } from "./control-service.ts";
import { serveDispatch } from "./dispatch-service.ts";
import { connectErrorFrom, sendError } from "./errors.ts";
import { serveValues } from "./values-route.ts";

export interface SchedulerApiOptions {
  /** Asked for at each request, so that routes can be registered before the scheduler is there. */
  scheduler: () => SchedulerApi;
  policy: DestinationPolicy;
  bridge: BridgeSessions;
  keys: ApiKeys;
  /** Largest request body, in bytes, also after decompression. Default: 16_000_000. */
  bodyLimitBytes?: number;
  /** Absent: the store cannot be copied, and there is no such path. */
  backup?: BackupOptions | undefined;
  /**
   * Told of every request that is refused, with what was thrown: of a fault of this service clients do not see the
   * text. Not told of polls that end without a result, nor of clients that hung up.
   */
  onRefused?: (error: ConnectError, thrown: unknown) => void;
}

/**
 * The scheduler's HTTP face: DispatchService, ControlService, the bridge and backups. Register it without `fastify-plugin`,
 * so that its parsers, hooks and error handler stay inside.
 */
export const schedulerApi: FastifyPluginCallback<SchedulerApiOptions> = (app, options, done) => {
  const bodyLimit = options.bodyLimitBytes ?? 16_000_000;
  app.addHook("onRoute", (route) => {
    route.bodyLimit = bodyLimit;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, parsed) =>
    parsed(null, body),
  );

  app.addHook("onRequest", (request, _reply, next) => {
    const refusal = options.keys.refusal({
      authorization: request.headers.authorization,
      remoteAddress: request.socket.remoteAddress,
      host: request.headers.host,
      origin: request.headers.origin,
    });
    next(refusal);
  });
  app.setErrorHandler((thrown, _request, reply) => {
    const error = connectErrorFrom(thrown);
    if (error.code !== "deadline_exceeded" && error.code !== "canceled") options.onRefused?.(error, thrown);
    return sendError(reply, error);
  });

  serveDispatch(app, options.scheduler, options.policy);
  serveControl(app, options.scheduler);
  serveValues(app, options.scheduler);
  serveBridge(app, options.bridge);
  if (options.backup !== undefined) serveBackup(app, options.backup);
  done();
};
