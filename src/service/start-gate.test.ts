import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import Fastify from "fastify";
import { StartGate } from "./start-gate.ts";

function setup(t: TestContext) {
  const app = Fastify();
  t.after(() => app.close());
  const gate = new StartGate(app);
  app.get("/healthz", () => "ok");
  app.get("/work", () => "done");
  return { app, gate };
}

test("requests wait until the gate opens, probes do not", async (t) => {
  const { app, gate } = setup(t);
  let isAnswered = false;
  const work = app.inject("/work").then((response) => {
    isAnswered = true;
    return response;
  });
  assert.equal((await app.inject("/healthz")).body, "ok");
  assert.equal(isAnswered, false);
  gate.open();
  assert.equal((await work).body, "done");
  assert.equal((await app.inject("/work")).body, "done");
});

test("requests that waited for a start that failed are refused, and so are later ones", async (t) => {
  const { app, gate } = setup(t);
  const work = app.inject("/work");
  await app.inject("/healthz");
  gate.break();
  assert.match((await work).body, /could not start/);
  assert.match((await app.inject("/work")).body, /could not start/);
});
