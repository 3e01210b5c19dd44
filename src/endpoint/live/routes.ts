/** The live page at `/`: its files, and its figures as server-sent events (WHATWG HTML, section 9.2). */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { LiveFeed, LiveFrame } from "./feed.ts";

/** Everything the page loads; it asks no other host for anything. */
const FILES: Record<string, { type: string; url: URL }> = {
  "/": { type: "text/html; charset=utf-8", url: page("index.html") },
  "/live/style.css": { type: "text/css; charset=utf-8", url: page("style.css") },
  ...scripts("app", "api", "calls", "charts", "detail", "format", "tree"),
  "/live/uplot.js": { type: "text/javascript; charset=utf-8", url: library("uPlot.esm.js") },
  "/live/uplot.css": { type: "text/css; charset=utf-8", url: library("uPlot.min.css") },
};

const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** Streams at a time; a page has one. */
const STREAMS_MAX = 64;

export function addLiveRoutes(app: FastifyInstance, feed: LiveFeed): void {
  for (const [path, { type, url }] of Object.entries(FILES)) {
    const content = readFileSync(url);
    app.get(path, (_request, reply) => reply.headers(SECURITY_HEADERS).type(type).send(content));
  }

  const streams = new Set<ServerResponse>();
  app.get("/live/stream", (request, reply) => {
    if (streams.size >= STREAMS_MAX) return reply.code(503).header("retry-after", "5").send();
    reply.hijack();
    const { raw } = reply;
    streams.add(raw);
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    raw.write(`event: history\ndata: ${JSON.stringify(feed.frames)}\n\n`);
    const send = (frame: LiveFrame) => {
      // A page that does not read is told the newest when it reads again; nothing piles up here.
      if (!raw.writableNeedDrain) raw.write(`data: ${JSON.stringify(frame)}\n\n`);
    };
    const stop = feed.listen(send);
    request.raw.once("close", () => {
      streams.delete(raw);
      stop();
    });
  });

  // Open streams would keep a closing server waiting for ever.
  app.addHook("preClose", (done) => {
    for (const stream of streams) stream.end();
    done();
  });
}

function page(name: string): URL {
  return new URL(`page/${name}`, import.meta.url);
}

function library(name: string): URL {
  return new URL(name, import.meta.resolve("uplot"));
}

function scripts(...names: string[]): typeof FILES {
  return Object.fromEntries(
    names.map((name) => [
      `/live/${name}.js`,
      { type: "text/javascript; charset=utf-8", url: page(`${name}.js`) },
    ]),
  );
}
