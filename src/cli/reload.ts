/** SIGHUP: the configuration file is read again, and what can change while runs go on does. */
import type { Logger } from "pino";
import { OPTIONS, type OptionSpec, type ResolvedConfig } from "../config/index.ts";
import type { Service } from "../service.ts";

export interface Reload {
  service: Pick<Service, "reconfigure">;
  logger: Logger;
  resolved: ResolvedConfig;
  read(): Promise<ResolvedConfig>;
}

/** A configuration that cannot be used is logged, and the one before stays. */
export function reloadOnHangup(reload: Reload): { stop(): void } {
  let current = reload.resolved;
  let turn: Promise<void> = Promise.resolve();
  const onHangup = () => {
    // One after the other: a second signal during a change must not be lost, nor overtake it.
    turn = turn.then(async () => {
      current = await applyReload(reload, current);
    });
  };
  process.on("SIGHUP", onHangup);
  return { stop: () => void process.off("SIGHUP", onHangup) };
}

/** Resolves with the configuration that is in force then. */
export async function applyReload(
  { service, logger, read }: Reload,
  current: ResolvedConfig,
): Promise<ResolvedConfig> {
  try {
    const next = await read();
    const changed = (OPTIONS as readonly OptionSpec[]).filter(
      ({ name }) => String(value(current, name)) !== String(value(next, name)),
    );
    const live = changed.filter((option) => option.reloads);
    if (live.length > 0) {
      await service.reconfigure(next.config);
      logger.level = next.config.logLevel;
    }
    const shown = live.map(({ name, secret }) =>
      secret ? `${name} changed` : `${name} ${String(value(current, name))} → ${String(value(next, name))}`,
    );
    logger.info(shown.length > 0 ? `configuration: ${shown.join(", ")}` : "configuration: nothing changed");
    const waiting = changed.filter((option) => !option.reloads).map(({ name }) => name);
    if (waiting.length > 0) logger.warn(`configuration: changes after a restart: ${waiting.join(", ")}`);
    return next;
  } catch (error) {
    logger.error(`configuration is not changed: ${(error as Error).message}`);
    return current;
  }
}

const value = ({ config }: ResolvedConfig, name: string) => (config as Record<string, unknown>)[name];
