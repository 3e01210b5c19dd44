// Writes the part of docs/states.md that is made from the source.
import { readFileSync, writeFileSync } from "node:fs";
import { describeStates } from "../src/scheduler/call/describe.ts";

const file = new URL("../docs/states.md", import.meta.url);
const mark = "<!-- from here on made by scripts/states.ts -->\n";
const [head] = readFileSync(file, "utf8").split(mark);
writeFileSync(file, `${head}${mark}\n${describeStates()}`);
