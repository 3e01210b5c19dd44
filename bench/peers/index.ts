// npm run bench:peers: the same work on dispatch-ts and on what a user would pick instead.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { BENCHMARKS_PAGE, replaceSection } from "../harness/docs.ts";
import { describeCommit, describeMachine } from "../harness/machine.ts";
import { choosePinning } from "../harness/processes.ts";
import { RESULT_FORMAT, type Size, writeResult } from "../harness/result.ts";
import { install, missingOf, versionsOf } from "./install.ts";
import { measurePeer, type PeerContext } from "./measure-peer.ts";
import { peers } from "./peers.ts";
import { assertPublishable, renderMarkdown, renderText } from "./report.ts";
import { type PeerMeasurement, type PeerNote, type PeersResult, readPeersResult } from "./result.ts";
import type { Peer } from "./types.ts";

interface Options {
  peer?: string[];
  size: Size;
  seconds?: number;
  repeats?: number;
  folder: string;
  install?: boolean;
  pin: boolean;
  subjectCores?: string;
  out: string;
  json?: boolean;
  updateDocs?: string | true;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const positive = (text: string) => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("must be a number above 0");
  return value;
};
const whole = (text: string) => {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("must be a whole number");
  return value;
};
const size = (text: string) => {
  if (text !== "smoke" && text !== "real") throw new InvalidArgumentError("must be smoke or real");
  return text;
};

const options = new Command("bench:peers")
  .description("Run the same work on dispatch-ts and on its peers, one after the other, each on free ports.")
  .option("--peer <names...>", `only these: ${peers.map((peer) => peer.name).join(", ")}`)
  .option("--size <size>", "smoke (seconds: shows that it works) or real (under 12 minutes)", size, "real")
  .option("--seconds <n>", "seconds of each burst (default: 3, smoke: 0.3)", positive)
  .option("--repeats <n>", "repeats of each burst (default: 3, smoke: 1)", whole)
  .option("--folder <dir>", "where the peers' packages are", here(".installed"))
  .option("--install", "install the packages there with npm, say what else is missing, and measure nothing")
  .option("--no-pin", "do not pin peer and client to different cores")
  .option(
    "--subject-cores <list>",
    "cores of a peer's processes, as taskset takes them (default: all but the last)",
  )
  .option("--out <dir>", "where the result goes", here("../results"))
  .option("--json", "print the result as JSON and nothing else")
  .option(
    "--update-docs [result]",
    "write the figures into docs/benchmarks.md: those of this run, or of a result without measuring",
  )
  .parse(process.argv)
  .opts<Options>();

// Servers are ended by handlers of `exit`, which a signal alone does not call.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const folder = resolve(options.folder);
if (options.install) {
  install(folder);
  for (const peer of peers) console.log(`${peer.name}: ${missingOf(peer, folder) ?? "ready"}`);
} else if (typeof options.updateDocs === "string") {
  updateDocs(readPeersResult(options.updateDocs));
} else {
  await run();
}

async function run(): Promise<void> {
  const smoke = options.size === "smoke";
  const wanted = chosen();
  if (options.updateDocs) refuseIncomplete(wanted);
  const pinning = choosePinning(options.pin, options.subjectCores);
  const context: PeerContext = {
    folder,
    pinning,
    seconds: options.seconds ?? (smoke ? 0.3 : 3),
    warmupSeconds: smoke ? 0.1 : 1,
    repeats: options.repeats ?? (smoke ? 1 : 3),
    progress: (text) => progress(`  ${text}`),
  };
  const startedAt = new Date();
  const commit = describeCommit();
  const measurements: PeerMeasurement[] = [];
  const notes: PeerNote[] = [];
  for (const peer of wanted) {
    progress(peer.title);
    notes.push(await measureOne(peer, context, measurements));
  }
  const result: PeersResult = {
    format: RESULT_FORMAT,
    startedAt: startedAt.toISOString(),
    commit,
    size: options.size,
    seed: 0,
    machine: describeMachine(pinning.enabled),
    ...(pinning.enabled ? { cores: { subject: pinning.subject, generator: pinning.generator } } : {}),
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
    peers: notes,
    measurements,
  };
  const time = startedAt.toISOString().replaceAll(":", "-").slice(0, 19);
  const file = `${options.out}/${time}-peers-${options.size}.json`;
  writeResult(file, result);
  console.log(options.json ? JSON.stringify(result, null, 1) : `\n${renderText(result)}\n\nwrote ${file}`);
  if (measurements.some((one) => one.errors > 0)) {
    console.error("some measurements had errors: their figures are void");
    process.exitCode = 1;
  }
  if (options.updateDocs) updateDocs(result);
}

/** A peer that fails does not keep the others from being measured. */
async function measureOne(peer: Peer, context: PeerContext, into: PeerMeasurement[]): Promise<PeerNote> {
  const { name, title, durability, processes, absent } = peer;
  const note = { name, title, durability, processes, absent };
  const missing = missingOf(peer, folder);
  if (missing !== undefined) {
    progress(`  left out: ${missing}`);
    return { ...note, versions: [], unmeasured: missing };
  }
  const versions = versionsOf(peer, folder);
  try {
    into.push(...(await measurePeer(peer, context)));
    return { ...note, versions };
  } catch (error) {
    process.exitCode = 1;
    console.error(`${title} failed: ${(error as Error).stack}`);
    return { ...note, versions, unmeasured: `failed: ${(error as Error).message}` };
  }
}

function chosen(): readonly Peer[] {
  if (options.peer === undefined) return peers;
  return options.peer.map((name) => {
    const peer = peers.find((one) => one.name === name);
    if (peer === undefined) refuse(`no peer ${name}; there are: ${peers.map((one) => one.name).join(", ")}`);
    const missing = missingOf(peer, folder);
    if (missing !== undefined) refuse(`${name}: ${missing}`);
    return peer;
  });
}

/** Before minutes are spent on a result that is not for the page. */
function refuseIncomplete(wanted: readonly Peer[]): void {
  if (options.size !== "real") refuse("--update-docs needs the real size");
  for (const peer of peers) {
    const missing = wanted.includes(peer) ? missingOf(peer, folder) : "--update-docs needs all peers";
    if (missing !== undefined) refuse(`${peer.name}: ${missing}`);
  }
}

function updateDocs(result: PeersResult): void {
  try {
    assertPublishable(
      result,
      peers.map((peer) => peer.name),
    );
  } catch (error) {
    refuse((error as Error).message);
  }
  const page = readFileSync(BENCHMARKS_PAGE, "utf8");
  writeFileSync(BENCHMARKS_PAGE, replaceSection(page, "peers", renderMarkdown(result)));
}

function progress(text: string): void {
  if (!options.json) process.stderr.write(`${text}\n`);
}

function refuse(text: string): never {
  console.error(text);
  process.exit(2);
}
