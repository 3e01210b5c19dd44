/** Grafana's dashboard JSON (schema version 39), as far as these dashboards need it. */

export interface Query {
  expr: string;
  /** How a series is called, e.g. `{{function}}`. */
  legend?: string;
}

export interface Threshold {
  /** From this value on; undefined is the base. */
  from?: number;
  color: "green" | "yellow" | "red" | "text";
}

export interface PanelOptions {
  title: string;
  /** What the panel shows and what to do when it looks wrong. */
  description: string;
  /** A Grafana unit, e.g. `s`, `bytes`, `ops`, `percentunit`. */
  unit: string;
  queries: Query[];
  thresholds?: Threshold[];
  /** In grid columns of 24. Default: 8. */
  width?: number;
  kind?: "timeseries" | "stat" | "table" | "heatmap";
  stacked?: boolean;
  max?: number;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const HEIGHT = 8;
const STAT_HEIGHT = 4;

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  /** Further variables besides datasource and instance. */
  variables?: object[];
  rows: { title: string; panels: PanelOptions[] }[];
}

/** The variable `name` with all values of a label. */
export function labelVariable(name: string, query: string, label: string, multi = true): object {
  return {
    name,
    label: name,
    type: "query",
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi,
    includeAll: multi,
    ...(multi ? { allValue: ".*", current: { text: "All", value: "$__all" } } : {}),
    description: `Label ${label}`,
  };
}

export function renderDashboard(dashboard: Dashboard): object {
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ["dispatch"],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        { name: "datasource", label: "datasource", type: "datasource", query: "prometheus", current: {} },
        labelVariable("instance", "label_values(dispatch_build_info, instance)", "instance"),
        ...(dashboard.variables ?? []),
      ],
    },
    links: [
      {
        type: "dashboards",
        tags: ["dispatch"],
        asDropdown: false,
        title: "dispatch",
        includeVars: true,
        keepTime: true,
      },
    ],
    panels: layOut(dashboard.rows),
  };
}

function layOut(rows: Dashboard["rows"]): object[] {
  const panels: object[] = [];
  let id = 1;
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: id++,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    });
    y++;
    let x = 0;
    let height = 0;
    for (const options of row.panels) {
      const w = options.width ?? 8;
      const h = options.kind === "stat" ? STAT_HEIGHT : HEIGHT;
      if (x + w > 24) {
        x = 0;
        y += height;
        height = 0;
      }
      panels.push(panel(id++, options, { x, y, w, h }));
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return panels;
}

function panel(id: number, options: PanelOptions, gridPos: object): object {
  const kind = options.kind ?? "timeseries";
  return {
    id,
    type: kind,
    title: options.title,
    description: options.description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit: options.unit,
        min: 0,
        ...(options.max === undefined ? {} : { max: options.max }),
        thresholds: {
          mode: "absolute",
          steps: (options.thresholds ?? [{ color: "green" }]).map(({ from, color }) => ({
            value: from ?? null,
            color,
          })),
        },
        custom:
          kind === "timeseries"
            ? {
                lineWidth: 1,
                fillOpacity: options.stacked ? 30 : 8,
                showPoints: "never",
                stacking: { mode: options.stacked ? "normal" : "none" },
                thresholdsStyle: { mode: options.thresholds === undefined ? "off" : "dashed" },
              }
            : {},
      },
      overrides: [],
    },
    options:
      kind === "stat"
        ? { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "value", graphMode: "area" }
        : {
            legend: { displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "max"] },
            tooltip: { mode: "multi" },
          },
    targets: options.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      ...(legend === undefined ? {} : { legendFormat: legend }),
      ...(kind === "table" ? { instant: true, format: "table" } : {}),
    })),
  };
}

/** Quantiles of a histogram over the rate window, for all instances chosen. */
export function quantiles(metric: string, selector: string, by = ""): Query[] {
  const group = by === "" ? "le" : `le, ${by}`;
  const of = by === "" ? "" : ` {{${by}}}`;
  return [0.5, 0.99].map((q) => ({
    expr: `histogram_quantile(${q}, sum by (${group}) (rate(${metric}_bucket{${selector}}[$__rate_interval])))`,
    legend: `p${q * 100}${of}`,
  }));
}

export const INSTANCE = 'instance=~"$instance"';
