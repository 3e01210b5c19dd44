import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MemoryRunJournal } from "../simulation/memory-journal.ts";
import { FileRunJournal } from "./file-journal.ts";

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-journal-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "runs");
  const failures: unknown[] = [];
  const open = (path = file) => new FileRunJournal({ file: path, onFailed: (error) => failures.push(error) });
  return { file, folder, failures, open };
}

const run = (id: number, attempt = 1, alone = false) => ({ id, attempt, alone });

test("what was started and flushed is read by the next process, with the suspects", (t) => {
  const { file, open, failures } = setup(t);
  const first = open();
  assert.deepEqual(first.read("store"), { suspects: [], runs: [] });
  const suspects = [{ id: 2 ** 40, attempt: 7, deaths: 2 }];
  first.begin("store", suspects);
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  for (let id = 1; id <= 200; id++) first.started(run(id, id, id === 3));
  assert.deepEqual(open().read("store"), { suspects, runs: [] });
  first.flush();
  const { runs } = open().read("store");
  assert.equal(runs.length, 200);
  assert.deepEqual(runs[2], run(3, 3, true));
  assert.deepEqual(open().read("store").suspects, suspects);
  assert.deepEqual(failures, []);
});

test("the place of a run that ended is used again", (t) => {
  const { open, file } = setup(t);
  const journal = open();
  journal.begin("store", []);
  for (let id = 1; id <= 1000; id++) {
    const place = journal.started(run(id));
    journal.flush();
    journal.ended(place);
  }
  assert.deepEqual(open().read("store").runs, [run(1000)]);
  assert.equal(readFileSync(file).length, 64);
});

test("a run from before the journal began anew gives no place free that another run has", (t) => {
  for (const journal of [setup(t).open(), new MemoryRunJournal()]) {
    journal.begin("store", []);
    const before = journal.started(run(1));
    journal.flush();
    journal.begin("store", []);
    journal.started(run(1, 2));
    journal.ended(before);
    journal.started(run(2));
    journal.flush();
    assert.deepEqual(journal.read("store").runs, [run(1, 2), run(2)]);
  }
});

test("a run that others start beside is not alone any more", (t) => {
  for (const journal of [setup(t).open(), new MemoryRunJournal()]) {
    journal.begin("store", []);
    const before = journal.started(run(9));
    journal.begin("store", []);
    const places = [journal.started(run(1, 1, true)), journal.started(run(2, 1, true))];
    journal.flush();
    journal.joined(before);
    journal.flush();
    assert.deepEqual(journal.read("store").runs, [run(1, 1, true), run(2, 1, true)]);
    journal.joined(places[1]!);
    journal.started(run(3));
    journal.flush();
    assert.deepEqual(journal.read("store").runs, [run(1, 1, true), run(2), run(3)]);
  }
});

test("after an end in order no run is left, and the suspects are", (t) => {
  const { open } = setup(t);
  const journal = open();
  const suspects = [{ id: 5, attempt: 1, deaths: 1 }];
  journal.begin("store", suspects);
  journal.started(run(1));
  journal.flush();
  journal.forget();
  journal.started(run(2));
  journal.flush();
  assert.deepEqual(open().read("store"), { suspects, runs: [] });
});

test("what another store's runs left says nothing", (t) => {
  const { open } = setup(t);
  for (const journal of [open(), new MemoryRunJournal()]) {
    journal.begin("other", [{ id: 1, attempt: 1, deaths: 1 }]);
    journal.started(run(1));
    journal.flush();
    assert.equal(journal.read("other").runs.length, 1);
    for (const tag of ["store", "", "oth", "others"]) {
      assert.deepEqual(journal.read(tag), { suspects: [], runs: [] });
    }
  }
});

test("a process that has lost the store leaves the file of the next one alone", (t) => {
  const { open, folder } = setup(t);
  const [before, next] = [open(), open()];
  before.begin("store", []);
  next.begin("store", [{ id: 1, attempt: 1, deaths: 1 }]);
  next.started(run(1, 2));
  next.flush();
  before.started(run(7));
  before.flush();
  before.forget();
  before.forget();
  assert.deepEqual(open().read("store"), { suspects: [{ id: 1, attempt: 1, deaths: 1 }], runs: [run(1, 2)] });
  assert.deepEqual(readdirSync(folder), ["runs"]);
});

test("a file that is none, or was cut off, is worth what can be read of it", (t) => {
  const { open, file } = setup(t);
  for (const content of ["", "something else entirely, and long enough", "DPTSRUN1"]) {
    writeFileSync(file, content);
    assert.deepEqual(open().read("store"), { suspects: [], runs: [] });
  }
  const journal = open();
  journal.begin("store", [{ id: 1, attempt: 1, deaths: 1 }]);
  journal.started(run(2));
  journal.flush();
  const content = readFileSync(file);
  writeFileSync(file, content.subarray(0, content.length - 1));
  assert.deepEqual(open().read("store"), { suspects: [{ id: 1, attempt: 1, deaths: 1 }], runs: [] });
  writeFileSync(file, Buffer.concat([content.subarray(0, 32), Buffer.alloc(320, 0xff)]));
  assert.deepEqual(open().read("store"), { suspects: [], runs: [] });
});

test("a file that cannot be written is told once, and nothing else stops", (t) => {
  const { open, folder, failures } = setup(t);
  const journal = open(join(folder, "none", "runs"));
  journal.begin("store", []);
  journal.started(run(1));
  journal.flush();
  journal.begin("store", []);
  assert.equal(failures.length, 1);
});
