/**
 * Open loop: requests start at a constant rate whether or not earlier ones are answered, and latency counts
 * from the moment a request was due. A server that stalls is charged for all that waited, which a closed loop
 * hides (coordinated omission).
 */
import { connect, type Socket } from "node:net";
import { latencyOf } from "../harness/stats.ts";
import type { LoadOrder, LoadReport, LoadWindow } from "./types.ts";

const END_OF_HEAD = Buffer.from("\r\n\r\n");
/** After the last request is due, answers are waited for this long. */
const GRACE_MS = 5_000;

export async function openLoop(order: LoadOrder & { ratePerSecond: number }): Promise<LoadReport> {
  const cpuBefore = process.cpuUsage();
  const total = Math.floor(order.ratePerSecond * order.seconds);
  const latencies = new Float64Array(total);
  const message = requestBytes(order);
  const idle = await openConnections(order);
  const waiting: number[] = [];
  let sent = 0;
  let answers = 0;
  let errors = 0;
  let settled = () => {};
  const done = new Promise<void>((resolve) => {
    settled = resolve;
  });

  const send = (connection: Connection, dueMs: number) => {
    connection.dueMs = dueMs;
    connection.socket.write(message);
  };
  for (const connection of idle) {
    connection.onAnswer = (ok) => {
      if (ok) latencies[answers++] = performance.now() - connection.dueMs;
      else errors++;
      if (answers + errors === total) settled();
      const due = waiting.shift();
      if (due === undefined) idle.push(connection);
      else send(connection, due);
    };
  }

  const startedMs = performance.now();
  const windows = new Windows(startedMs, order.windowSeconds ?? Number.POSITIVE_INFINITY, latencies);
  const ticker = setInterval(() => {
    windows.advance(performance.now(), answers);
    const dueBy = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * order.ratePerSecond));
    for (; sent < dueBy; sent++) {
      const dueMs = startedMs + (sent * 1000) / order.ratePerSecond;
      const connection = idle.pop();
      if (connection === undefined) waiting.push(dueMs);
      else send(connection, dueMs);
    }
    if (sent === total) clearInterval(ticker);
  }, 1);
  const gaveUp = setTimeout(settled, order.seconds * 1000 + GRACE_MS);
  await done;
  clearTimeout(gaveUp);
  clearInterval(ticker);
  for (const connection of idle) connection.socket.destroy();

  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    answers,
    errors: errors + (total - answers - errors),
    seconds,
    latencyMs: latencyOf(latencies.subarray(0, answers)),
    generatorLoad: (cpu.user + cpu.system) / 1e6 / seconds,
    windows: windows.done,
  };
}

/** Cuts the latencies, which are in the order of the answers, at equal times. */
class Windows {
  readonly done: LoadWindow[] = [];
  readonly #startedMs: number;
  readonly #lengthMs: number;
  readonly #latencies: Float64Array;
  #fromMs: number;
  #fromAnswer = 0;

  constructor(startedMs: number, lengthSeconds: number, latencies: Float64Array) {
    this.#startedMs = startedMs;
    this.#fromMs = startedMs;
    this.#lengthMs = lengthSeconds * 1000;
    this.#latencies = latencies;
  }

  advance(nowMs: number, answers: number): void {
    if (nowMs - this.#fromMs < this.#lengthMs) return;
    this.done.push({
      atSeconds: (nowMs - this.#startedMs) / 1000,
      rate: ((answers - this.#fromAnswer) * 1000) / (nowMs - this.#fromMs),
      p99Ms: latencyOf(this.#latencies.slice(this.#fromAnswer, answers)).p99,
    });
    this.#fromMs = nowMs;
    this.#fromAnswer = answers;
  }
}

interface Connection {
  socket: Socket;
  dueMs: number;
  onAnswer: (ok: boolean) => void;
}

function requestBytes(order: LoadOrder): Buffer {
  const { host, pathname } = new URL(order.url);
  const headers = { host, "content-length": String(order.body.length), ...order.headers };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${order.method ?? "POST"} ${pathname} HTTP/1.1\r\n${head.join("")}\r\n`),
    order.body,
  ]);
}

async function openConnections(order: LoadOrder): Promise<Connection[]> {
  const { hostname, port } = new URL(order.url);
  return Promise.all(
    Array.from({ length: order.connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      const connection: Connection = { socket, dueMs: 0, onAnswer: () => {} };
      readAnswers(connection);
      return connection;
    }),
  );
}

/** One request is in flight a connection, so an answer is a head and as many bytes as its content-length says. */
function readAnswers(connection: Connection): void {
  let buffered: Buffer = Buffer.alloc(0);
  connection.socket.on("data", (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    const headEnd = buffered.indexOf(END_OF_HEAD);
    if (headEnd < 0) return;
    const head = buffered.toString("latin1", 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (buffered.length < headEnd + 4 + length) return;
    buffered = Buffer.alloc(0);
    connection.onAnswer(head.startsWith("HTTP/1.1 2"));
  });
  connection.socket.on("error", () => connection.onAnswer(false));
}
