import { oneFunction } from "./function.ts";
import { overview } from "./overview.ts";
import { type Dashboard, renderDashboard } from "./panels.ts";
import { pool } from "./pool.ts";
import { scheduler } from "./scheduler.ts";

export const dashboards: readonly Dashboard[] = [overview, pool, scheduler, oneFunction];

/** The files under dashboards/grafana, by name. */
export function renderDashboards(): Map<string, string> {
  return new Map(
    dashboards.map((dashboard) => [
      `${dashboard.uid.replace("dispatch-", "")}.json`,
      `${JSON.stringify(renderDashboard(dashboard), null, 2)}\n`,
    ]),
  );
}
