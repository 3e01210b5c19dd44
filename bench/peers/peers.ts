/** Who is measured, what each is asked to do, and what its figures stand for. */
import { CHILDREN, STEPS } from "../subjects/counts.ts";
import type { ServiceCounters } from "../subjects/service.ts";
import { postgres } from "./servers/postgres.ts";
import { redis } from "./servers/redis.ts";
import { restate } from "./servers/restate.ts";
import { tallyOf } from "./service-tally.ts";
import type { Peer, PeerMode } from "./types.ts";

const IN_FLIGHT = 64;
/** Functions at once that each await all their children at once. */
const FAN_OUTS = 4;

type Of<Key extends keyof PeerMode = never> = Pick<PeerMode, "how" | Key> & Partial<PeerMode>;
const results = { kind: "results", batch: 1 } as const;

const trivial = (mode: Of): PeerMode => ({
  ...results,
  work: "trivial",
  function: "trivial",
  inFlight: IN_FLIGHT,
  ...mode,
});
const best = (mode: Of<"inFlight">): PeerMode => ({ ...results, work: "best", function: "trivial", ...mode });
const steps = (mode: Of): PeerMode => ({
  ...results,
  work: "steps",
  function: "steps",
  inFlight: IN_FLIGHT,
  unitsPerCall: STEPS,
  ...mode,
});
const fanOut = (mode: Of): PeerMode => ({
  ...results,
  work: "fan-out",
  function: "fanOut",
  inFlight: FAN_OUTS,
  unitsPerCall: CHILDREN,
  ...mode,
});
const latency = (mode: Of): PeerMode => ({ ...trivial({ ...mode, inFlight: 1 }), work: "latency" });

const adapter = (name: string) => new URL(`adapters/${name}.ts`, import.meta.url);

const dispatch: Peer = {
  name: "dispatch-ts",
  title: "dispatch-ts",
  packages: [],
  versions: [`SQLite ${process.versions.sqlite}`],
  durability: "SQLite in WAL mode with synchronous=FULL: a commit is synced before anything is acknowledged",
  processes: "the service",
  adapter: adapter("dispatch"),
  worker: {
    module: new URL("../subjects/service.ts", import.meta.url),
    argument: {},
    tally: (answer) => tallyOf(answer as ServiceCounters),
  },
  modes: [
    trivial({ how: "client over HTTP, a request for each result" }),
    best({ how: "16 batches of 100, each result taken", inFlight: 16, batch: 100 }),
    best({ how: "4 batches of 1,000, results left", kind: "drain", inFlight: 4, batch: 1_000 }),
    steps({ how: "calls of a function, suspended at each" }),
    fanOut({ how: "calls of a function" }),
    latency({ how: "client over HTTP" }),
  ],
  absent: {},
};

const restatePeer: Peer = {
  name: "restate",
  title: "Restate",
  packages: ["@restatedev/restate-sdk"],
  server: restate,
  durability: "one node, the server's defaults: its log is synced (rocksdb-disable-wal-fsync = false)",
  processes: "restate-server and the process with the handlers",
  adapter: adapter("restate"),
  modes: [
    trivial({ how: "HTTP ingress" }),
    best({ how: "HTTP ingress, 256 in flight", inFlight: 256 }),
    best({ how: "one-way sends, 256 in flight, results left", kind: "drain", inFlight: 256 }),
    steps({ how: "calls of a handler", function: "steps-calls" }),
    steps({ how: "ctx.run, in the process", function: "steps-runs" }),
    fanOut({ how: "calls of a handler" }),
    latency({ how: "HTTP ingress" }),
  ],
  absent: {},
};

const dbos: Peer = {
  name: "dbos",
  title: "DBOS",
  packages: ["@dbos-inc/dbos-sdk"],
  server: postgres,
  durability: "PostgreSQL with fsync and synchronous_commit on",
  processes: "postgres and the process with the workflows behind node:http",
  adapter: adapter("dbos"),
  modes: [
    trivial({ how: "workflow without steps, behind HTTP" }),
    best({ how: "256 in flight", inFlight: 256 }),
    best({
      how: "a queue: 4 batches of 100, each enqueued in one transaction",
      kind: "drain",
      inFlight: 4,
      batch: 100,
    }),
    steps({ how: "calls of a workflow", function: "steps-calls" }),
    steps({ how: "runStep, in the process", function: "steps-runs" }),
    fanOut({ how: "calls of a workflow" }),
    latency({ how: "workflow without steps, behind HTTP" }),
  ],
  absent: {},
};

const bullmq = (appendfsync: "always" | "everysec", durability: string): Peer => ({
  name: `bullmq-${appendfsync}`,
  title: `BullMQ, appendfsync ${appendfsync}`,
  packages: ["bullmq", "ioredis"],
  server: redis(appendfsync),
  durability,
  processes: "redis-server and the process with the workers",
  adapter: adapter("bullmq"),
  modes: [
    trivial({ how: "add, results by events" }),
    best({ how: "addBulk, 16 batches of 100, results by events", inFlight: 16, batch: 100 }),
    best({ how: "addBulk, 4 batches of 1,000, results left", kind: "drain", inFlight: 4, batch: 1_000 }),
    steps({ how: "flow: a chain of jobs, submitted whole" }),
    fanOut({ how: "flow: a job with 100 children, submitted whole" }),
    latency({ how: "add, results by events" }),
  ],
  absent: {},
});

const pgBoss: Peer = {
  name: "pg-boss",
  title: "pg-boss",
  packages: ["pg-boss"],
  server: postgres,
  durability: "PostgreSQL with fsync and synchronous_commit on",
  processes: "postgres and the process with the workers",
  adapter: adapter("pg-boss"),
  modes: [
    trivial({ how: "insert with notify, client polls for results" }),
    best({
      how: "insert of 4 batches of 500, workers take 500 at once",
      function: "trivial-batches",
      inFlight: 4,
      batch: 500,
    }),
    best({
      how: "insert of 4 batches of 1,000, workers take 500 at once, results left",
      function: "trivial-batches",
      kind: "drain",
      inFlight: 4,
      batch: 1_000,
    }),
    latency({ how: "insert with notify, client polls for results" }),
  ],
  absent: {
    steps:
      "not comparable: jobs can depend on others, but are released by a pass that runs once a second at most",
    "fan-out":
      "not comparable: a job can depend on 100 others, but is released by a pass that runs once a second at most",
  },
};

const graphileWorker: Peer = {
  name: "graphile-worker",
  title: "Graphile Worker",
  packages: ["graphile-worker"],
  server: postgres,
  durability: "PostgreSQL with fsync and synchronous_commit on",
  processes: "postgres and the process with the workers",
  adapter: adapter("graphile-worker"),
  modes: [
    best({ how: "addJobs of 4 batches of 100", kind: "drain", inFlight: 4, batch: 100 }),
    best({
      how: "addJobs of 4 batches of 1,000, local queue of 500, completions batched",
      function: "trivial-batches",
      kind: "drain",
      inFlight: 4,
      batch: 1_000,
    }),
  ],
  absent: {
    trivial: "no such feature: results are not kept",
    steps: "no such feature: a job cannot wait for another",
    "fan-out": "no such feature: a job cannot wait for others",
    latency: "no such feature: results are not kept",
  },
};

export const peers: readonly Peer[] = [
  dispatch,
  restatePeer,
  dbos,
  bullmq("always", "Redis with an append-only file, synced before a write is acknowledged"),
  bullmq(
    "everysec",
    "Redis with an append-only file, synced each second: up to a second of work can be lost",
  ),
  pgBoss,
  graphileWorker,
];
