/**
 * Every option of the service, once: `--help`, the environment, the configuration file, `dispatch config` and
 * docs/reference/configuration.md are all made from these tables, and the type of the resolved configuration too.
 * An option is added by one entry in the file of its group.
 */
import type { OptionSpec, ValueOf } from "./option-spec.ts";
import { clientOptions } from "./options/client.ts";
import { coroutineOptions } from "./options/coroutines.ts";
import { endpointOptions } from "./options/endpoint.ts";
import { logOptions } from "./options/log.ts";
import { poolOptions } from "./options/pool.ts";
import { schedulerOptions } from "./options/scheduler.ts";

export const OPTIONS = [
  ...endpointOptions,
  ...poolOptions,
  ...coroutineOptions,
  ...clientOptions,
  ...schedulerOptions,
  ...logOptions,
] as const satisfies readonly OptionSpec[];

type Option = (typeof OPTIONS)[number];

export type OptionName = Option["name"];

/** Resolved values; an option without value and default is undefined. */
export type Config = { readonly [Spec in Option as Spec["name"]]: ValueOf<Spec> };

/** What a configuration file may export. */
export type DispatchConfig = Partial<Config>;
