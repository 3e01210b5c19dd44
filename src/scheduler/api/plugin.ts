import type { FastifyPluginCallback } from "fastify";
import type { BridgeSessions, DestinationPolicy } from "../delivery/index.ts";
import type { SchedulerApi } from "../seam.ts";
import type { ApiKeys } from "./api-keys.ts";
import { serveBridge } from "./bridge-routes.ts";
import { serveControl } from "./control-service.ts";
import { serveDispatch } from "./dispatch-service.ts";
import { connectErrorFrom, sendError } from "./errors.ts";

export interface SchedulerApiOptions {
  scheduler: SchedulerApi;
  policy: DestinationPolicy;
  bridge: BridgeSessions;
  keys: ApiKeys;
  /** Largest request body, in bytes, also after decompression. Default: 16_000_000. */
  bodyLimitBytes?: number;
  /** Told of errors that are faults of this service, whose text clients do not see. */
  onInternalError?: (error: unknown) => void;
}

/**
 * The scheduler's HTTP face: DispatchService, ControlService and the bridge. Register it without `fastify-plugin`,
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
    if (error.code === "internal") options.onInternalError?.(thrown);
    return sendError(reply, error);
  });

  serveDispatch(app, options.scheduler, options.policy);
  serveControl(app, options.scheduler);
  serveBridge(app, options.bridge);
  done();
};
