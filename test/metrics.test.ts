import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pino } from "pino";
import { dashboards } from "../dashboards/definitions/index.ts";
import { resolveConfig } from "../src/config/index.ts";
import { startService } from "../src/service.ts";

/** Names of metrics in a PromQL expression; recorded series have colons and are checked by promtool's rule tests. */
function metricNames(text: string): string[] {
  return [...text.matchAll(/\bdispatch_[a-z0-9_]+\b/g)].map(([name]) => name);
}

/** `dispatch_x_bucket` belongs to the histogram `dispatch_x`. */
function family(name: string, families: ReadonlySet<string>): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return families.has(base) ? base : name;
}

async function exportedFamilies(): Promise<Set<string>> {
  const { config } = resolveConfig({
    flags: { endpointAddr: "127.0.0.1:0", storePath: ":memory:", threadsMax: 1 },
  });
  const modules = [new URL("fixtures/metrics-functions.ts", import.meta.url).href];
  const service = await startService({ config, modules, logger: pino({ level: "silent" }) });
  try {
    const endpoint = service.url;
    await service.scheduler!.dispatch(
      ["answer", "fail", "missing"].map((name) => ({ endpoint, function: name })),
    );
    await fetch(`${endpoint}/nowhere`);
    const text = await (await fetch(`${endpoint}/metrics`)).text();
    return new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!));
  } finally {
    await service.stop("test");
  }
}

const families = await exportedFamilies();
const reference = readFileSync("docs/reference/metrics.md", "utf8");

test("no dashboard asks for a metric that the service does not export", () => {
  for (const dashboard of dashboards) {
    for (const panel of dashboard.rows.flatMap((row) => row.panels)) {
      for (const { expr } of panel.queries) {
        for (const name of metricNames(expr)) {
          assert.ok(families.has(family(name, families)), `${dashboard.title}, ${panel.title}: ${name}`);
        }
      }
    }
  }
});

test("no rule asks for a metric that the service does not export", () => {
  const rules = readFileSync("dashboards/prometheus/rules.yml", "utf8");
  for (const name of metricNames(rules)) assert.ok(families.has(family(name, families)), name);
});

test("every panel says what it shows", () => {
  for (const dashboard of dashboards) {
    for (const panel of dashboard.rows.flatMap((row) => row.panels)) {
      assert.ok(panel.description.length > 10 && panel.queries.length > 0, panel.title);
    }
  }
});

test("every metric the service exports is documented, and every documented one exported", () => {
  const documented = new Set(metricNames(reference).map((name) => family(name, families)));
  for (const name of families) assert.ok(documented.has(name), `${name} is not in docs/reference/metrics.md`);
  for (const name of documented) assert.ok(families.has(name), `${name} is documented, but not exported`);
});

test("every alert has its paragraph in the runbook", () => {
  const rules = readFileSync("dashboards/prometheus/rules.yml", "utf8");
  const runbook = readFileSync("docs/operations.md", "utf8");
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  assert.ok(alerts.length > 0);
  for (const alert of alerts) {
    assert.match(runbook, new RegExp(`^### ${alert}$`, "m"));
    assert.match(rules, new RegExp(`operations\\.md#${alert.toLowerCase()}`));
  }
});
