/** The results of the peers as tables: work across, peers down. */
import { renderTable } from "../harness/table.ts";
import type { PeerMeasurement, PeerNote, PeersResult } from "./result.ts";
import { WORKS, type Work } from "./types.ts";

const TITLES: Record<Work, string> = {
  trivial: "trivial, 64 in flight",
  best: "best throughput",
  steps: "10 steps, 64 in flight",
  "fan-out": "100-way fan-out",
  latency: "one in flight",
};

/** One row a peer. Of several ways to do the same work, the fastest stands here; the details have all. */
export function overview(result: PeersResult): { header: string[]; rows: string[][] } {
  const rows = result.peers.map((peer) => [peer.title, ...WORKS.map((work) => cell(result, peer, work))]);
  return { header: ["", ...WORKS.map((work) => TITLES[work])], rows };
}

export function details({ measurements, peers }: PeersResult): { header: string[]; rows: string[][] } {
  const titles = new Map(peers.map((peer) => [peer.name, peer.title]));
  const rows = WORKS.flatMap((work) => measurements.filter((one) => one.work === work)).map((one) => [
    TITLES[one.work],
    titles.get(one.peer) ?? one.peer,
    one.how,
    `${count(one.rate.median)} ${one.unit}`,
    `${Math.round(one.rate.relative * 100)} %`,
    short(one.latencyMs?.p50),
    short(one.latencyMs?.p99),
    short(one.cpuMicrosPerUnit),
    one.generatorLoad === undefined ? "" : `${Math.round(one.generatorLoad * 100)} %`,
  ]);
  const header = ["work", "peer", "how", "rate", "±", "p50 ms", "p99 ms", "CPU µs", "client"];
  return { header, rows };
}

export function renderText(result: PeersResult): string {
  const joined = ([work, peer, how, ...figures]: string[]) => [`${work} / ${peer} / ${how}`, ...figures];
  const { header, rows } = details(result);
  const tables = [overview(result), { header: joined(header), rows: rows.map(joined) }].map((table) =>
    renderTable(table.header, table.rows),
  );
  const unmeasured = result.peers
    .filter((peer) => peer.unmeasured !== undefined)
    .map((peer) => `${peer.title}: ${peer.unmeasured}`);
  return [...tables, ...unmeasured].join("\n\n");
}

export function renderMarkdown(result: PeersResult): string {
  const { commit, startedAt, machine, cores, peers } = result;
  const pinned =
    cores === undefined
      ? "nothing pinned to cores"
      : `all processes of a peer on core ${cores.subject}, the client on core ${cores.generator}`;
  return [
    `Commit \`${commit}\`, ${startedAt.slice(0, 10)}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryMiB} MiB, ` +
      `${machine.os}, Node ${machine.node}, ${pinned}.`,
    "",
    markdownTable(overview(result)),
    "",
    ...peers.flatMap((peer) =>
      WORKS.filter((work) => peer.absent[work] !== undefined).map(
        (work) => `- ${peer.title}, ${TITLES[work]}: ${peer.absent[work]}.`,
      ),
    ),
    "",
    ...betterPeers(result),
    "",
    "Every way that was measured:",
    "",
    markdownTable(details(result)),
    "",
    markdownTable({
      header: ["", "versions", "durability", "processes besides the client"],
      rows: peers.map((peer) => [peer.title, peer.versions.join(", "), peer.durability, peer.processes]),
    }),
  ].join("\n");
}

/** Where another has the higher rate, or the lower latency with one in flight. */
export function betterPeers({ measurements, peers }: PeersResult): string[] {
  const titles = new Map(peers.map((peer) => [peer.name, peer.title]));
  const own = (work: Work) => fastest(measurements, "dispatch-ts", work);
  const lines = WORKS.flatMap((work) => {
    const ours = own(work);
    if (ours === undefined) return [];
    return peers
      .map((peer) => fastest(measurements, peer.name, work))
      .filter((one) => one !== undefined && one.peer !== ours.peer && one.rate.median > ours.rate.median)
      .map((one) => {
        const figures =
          work === "latency"
            ? `p50 ${short(one!.latencyMs?.p50)} ms, dispatch-ts ${short(ours.latencyMs?.p50)} ms`
            : `${count(one!.rate.median)} ${one!.unit}, dispatch-ts ${count(ours.rate.median)} (${ours.how})`;
        return `- ${TITLES[work]}: ${titles.get(one!.peer)} (${one!.how}) ${figures}`;
      });
  });
  return lines.length === 0
    ? ["No peer was faster than dispatch-ts at any of this work."]
    : ["Faster than dispatch-ts:", "", ...lines];
}

function cell({ measurements }: PeersResult, peer: PeerNote, work: Work): string {
  const one = fastest(measurements, peer.name, work);
  if (one === undefined) return peer.unmeasured === undefined ? absence(peer, work) : "not measured";
  const latency = `p50 ${short(one.latencyMs?.p50)} ms, p99 ${short(one.latencyMs?.p99)} ms`;
  if (work === "latency") return latency;
  const rate = `${count(one.rate.median)} ${one.unit}`;
  return work === "trivial" ? `${rate}, ${latency}` : rate;
}

/** What stands before the colon; the reason has its place below the table. */
function absence(peer: PeerNote, work: Work): string {
  return peer.absent[work]?.split(":")[0] ?? "not measured";
}

function fastest(list: readonly PeerMeasurement[], peer: string, work: Work): PeerMeasurement | undefined {
  return list
    .filter((one) => one.peer === peer && one.work === work)
    .toSorted((a, b) => b.rate.median - a.rate.median)[0];
}

function markdownTable({ header, rows }: { header: string[]; rows: string[][] }): string {
  const ruler = header.map(() => "---");
  return [header, ruler, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const count = (value: number) => Math.round(value).toLocaleString("en");
const short = (value: number | undefined) =>
  value === undefined ? "" : String(Number(value.toPrecision(3)));

/** @throws {Error} when the figures are not for publication: smoke size, errors, or not all peers measured */
export function assertPublishable(result: PeersResult, names: readonly string[]): void {
  if (result.size !== "real") throw new Error("the result is of the smoke size: its figures say nothing");
  const failed = result.measurements.find((one) => one.errors > 0);
  if (failed !== undefined) throw new Error(`${failed.mode} had errors`);
  const missing = names.filter((name) => !result.measurements.some((one) => one.peer === name));
  if (missing.length > 0) throw new Error(`the result has no figures of ${missing.join(", ")}`);
}
