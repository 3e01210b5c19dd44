/** The framework alone: its parser of raw bodies, a route, an answer of as many bytes as the trivial function's. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fastify } from "fastify";
import { RUN_PATH } from "../../src/endpoint/index.ts";
import { Output } from "../../src/sdk/index.ts";
import { serveParent } from "../harness/child.ts";
import type { SubjectCounters } from "../harness/measure.ts";

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const app = fastify({ logger: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

const answer = Output.value("hello").toBinary();
let runs = 0;
app.post(RUN_PATH, (_request, reply) => {
  runs++;
  void reply.header("content-type", "application/proto").send(answer);
});
const url = await app.listen({ host: "127.0.0.1", port: 0 });

serveParent({ url }, (): SubjectCounters => {
  const eventLoopP99Ms = delay.percentile(99) / 1e6;
  delay.reset();
  return { runs, eventLoopP99Ms };
});
