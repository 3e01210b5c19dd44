// Writes dashboards/grafana from dashboards/definitions. With --check, fails when the committed files differ.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderDashboards } from "../dashboards/definitions/index.ts";

const isCheck = process.argv.includes("--check");
let stale = 0;
for (const [name, text] of renderDashboards()) {
  const file = fileURLToPath(new URL(`../dashboards/grafana/${name}`, import.meta.url));
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  stale++;
  if (isCheck) console.error(`${file} is not up to date; run \`npm run dashboards\` and commit`);
  else writeFileSync(file, text);
}
if (isCheck && stale > 0) process.exit(1);
