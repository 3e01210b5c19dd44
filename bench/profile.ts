// node bench/profile.ts FILE.cpuprofile... [--top=30]: where the time of a thread went, from what `node --cpu-prof` wrote:
// by file and by function, self time, as shares of the time that the thread was not idle.
import { readFileSync } from "node:fs";
import { renderTable } from "./harness/table.ts";

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const top = Number(
  process.argv.find((argument) => argument.startsWith("--top="))?.slice("--top=".length) ?? 30,
);

for (const file of process.argv.slice(2).filter((argument) => !argument.startsWith("--"))) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFile = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let busy = 0;
  let idle = 0;
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = frames.get(id)!;
    const micros = timeDeltas[index]!;
    if (functionName === "(idle)" || functionName === "(program)") {
      idle += micros;
      return;
    }
    busy += micros;
    const where = placeOf(url, functionName);
    add(byFile, where, micros);
    add(byFunction, `${functionName || "(anonymous)"} ${where}:${lineNumber + 1}`, micros);
  });
  console.log(
    `${file}\nbusy ${Math.round(busy / 1000)} ms, idle and outside of JavaScript ${Math.round(idle / 1000)} ms`,
  );
  for (const [title, costs] of [
    ["file", byFile],
    ["function", byFunction],
  ] as const) {
    const sorted = [...costs].sort((a, b) => b[1] - a[1]).slice(0, top);
    const rows = sorted.map(([name, micros]) => [
      name,
      `${((100 * micros) / busy).toFixed(1)} %`,
      String(Math.round(micros / 1000)),
    ]);
    console.log(`\n${renderTable([title, "self", "ms"], rows)}`);
  }
}

/** A file of the project by its path, of a package by the package, of Node by its name. */
function placeOf(url: string, functionName: string): string {
  if (url === "") return functionName.startsWith("(") ? functionName : "native";
  const packages = url.lastIndexOf("/node_modules/");
  if (packages >= 0) {
    const parts = url.slice(packages + "/node_modules/".length).split("/");
    return `node_modules/${parts.slice(0, parts[0]!.startsWith("@") ? 2 : 1).join("/")}`;
  }
  return url.replace(/^.*\/(?=(src|workers|bench)\/)/, "").replace(/^file:\/\//, "");
}

function add(costs: Map<string, number>, name: string, micros: number): void {
  costs.set(name, (costs.get(name) ?? 0) + micros);
}
