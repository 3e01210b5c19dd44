/** The endpoint of a service, made from its configuration. */
import { readFileSync } from "node:fs";
import type { Registry } from "prom-client";
import { type Config, ConfigError } from "../config/index.ts";
import { createEndpoint, type Endpoint, type VerifyRequest } from "../endpoint/index.ts";
import type { FunctionInfo } from "../pool/index.ts";
import type { Telemetry } from "../telemetry/events.ts";
import { parseVerificationKey, ReplayCache, RequestVerifier } from "../wire/signature/index.ts";
import type { FunctionHost } from "./function-host.ts";

/** What is there only once the service listens. */
export interface Loaded {
  host: FunctionHost | undefined;
  functions: FunctionInfo[];
}

/** @throws {ConfigError} when a key or certificate cannot be read */
export function endpointOf(
  config: Config,
  parts: {
    loaded: Loaded;
    metrics: Registry;
    telemetry: Telemetry;
    /** Whether the start is through: until then runs wait, and it may still fail. */
    started: () => boolean;
    /** Why the scheduler beside it takes no calls. */
    schedulerUnready: () => string | undefined;
  },
): Endpoint {
  const { loaded, metrics } = parts;
  let names: Set<string> | undefined;
  return createEndpoint({
    // The gate lets no run through before the functions are loaded.
    run: (name, request, runOptions) => loaded.host!.run(name, request, runOptions),
    serves(name) {
      names ??= new Set(loaded.functions.map((one) => one.name));
      return names.has(name);
    },
    telemetry: parts.telemetry,
    verify: verifierOf(config),
    metrics: metricsPage(config, metrics),
    unready: () =>
      loaded.host === undefined || !parts.started()
        ? "starting"
        : (loaded.host.unready() ?? parts.schedulerUnready()),
    bodyLimitBytes: config.bodyLimitBytes,
    heldBytesMax: config.heldBytesMax,
    requestTimeoutMs: config.requestTimeoutMs,
    connectionsMax: config.connectionsMax,
    tls: tlsOf(config),
    publicScheme: config.endpointUrl?.startsWith("https:") ? "https" : undefined,
  });
}

/** The text of `/metrics`; undefined when the configuration wants none. */
export function metricsPage(config: Config, metrics: Registry) {
  if (!config.metrics) return undefined;
  return async () => ({ contentType: metrics.contentType, text: await metrics.metrics() });
}

function verifierOf(config: Config): VerifyRequest | undefined {
  const { refuseReplays, verificationKey } = config;
  if (verificationKey === undefined) return undefined;
  const verifier = new RequestVerifier({
    key: parseKey(verificationKey),
    now: Date.now,
    replayWithoutNonce: refuseReplays === "all",
    ...(refuseReplays === "off" ? {} : { replay: new ReplayCache() }),
  });
  return (request) => verifier.verify(request);
}

function parseKey(text: string): ReturnType<typeof parseVerificationKey> {
  try {
    return parseVerificationKey(text, "DISPATCH_VERIFICATION_KEY");
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

function tlsOf({ tlsCert, tlsKey }: Config): { cert: string; key: string } | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: readPem(tlsCert, "tlsCert"), key: readPem(tlsKey, "tlsKey") };
}

function readPem(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`${option}: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
