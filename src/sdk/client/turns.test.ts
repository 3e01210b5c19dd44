import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("no more are inside than allowed, and the others follow in their order", async () => {
  const turns = new Turns(2);
  const story: string[] = [];
  let inside = 0;
  const body = (name: string) => async () => {
    assert.ok(++inside <= 2);
    story.push(name);
    await turn();
    inside--;
    return name;
  };
  const all = ["a", "b", "c", "d", "e"].map((name) => turns.take(body(name), never));
  assert.deepEqual(await Promise.all(all), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(story, ["a", "b", "c", "d", "e"]);
});

test("who fails, or gives up while waiting, holds no place", async () => {
  const turns = new Turns(1);
  const reason = new Error("enough");
  const controller = new AbortController();
  const failing = turns.take(async () => {
    await turn();
    throw new Error("inside");
  }, never);
  const givenUp = turns.take(async () => assert.fail("was let in"), controller.signal);
  const last = turns.take(async () => "in", never);
  controller.abort(reason);
  await Promise.all([assert.rejects(failing, /inside/), assert.rejects(givenUp, reason)]);
  assert.equal(await last, "in");
  await turns.take(async () => {
    await assert.rejects(
      turns.take(async () => {}, AbortSignal.abort(reason)),
      reason,
    );
  }, never);
});
