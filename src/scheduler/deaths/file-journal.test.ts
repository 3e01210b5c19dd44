import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
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
  assert.deepEqual(first.read(), { suspects: [], runs: [] });
  const suspects = [{ id: 2 ** 40, attempt: 7, deaths: 2 }];
  first.begin(suspects);
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  for (let id = 1; id <= 200; id++) first.started(run(id, id, id === 3));
  assert.deepEqual(open().read(), { suspects, runs: [] });
  first.flush();
  const { runs } = open().read();
  assert.equal(runs.length, 200);
  assert.deepEqual(runs[2], run(3, 3, true));
  assert.deepEqual(open().read().suspects, suspects);
  assert.deepEqual(failures, []);
});

test("the place of a run that ended is used again", (t) => {
  const { open, file } = setup(t);
  const journal = open();
  journal.begin([]);
  for (let id = 1; id <= 1000; id++) {
    const place = journal.started(run(id));
    journal.flush();
    journal.ended(place);
  }
  assert.deepEqual(open().read().runs, [run(1000)]);
  assert.equal(readFileSync(file).length, 64);
});

test("after an end in order no run is left, and the suspects are", (t) => {
  const { open } = setup(t);
  const journal = open();
  const suspects = [{ id: 5, attempt: 1, deaths: 1 }];
  journal.begin(suspects);
  journal.started(run(1));
  journal.flush();
  journal.forget();
  journal.started(run(2));
  journal.flush();
  assert.deepEqual(open().read(), { suspects, runs: [] });
});

test("a file that is none, or was cut off, is worth what can be read of it", (t) => {
  const { open, file } = setup(t);
  for (const content of ["", "something else entirely, and long enough", "DPTSRUN1"]) {
    writeFileSync(file, content);
    assert.deepEqual(open().read(), { suspects: [], runs: [] });
  }
  const journal = open();
  journal.begin([{ id: 1, attempt: 1, deaths: 1 }]);
  journal.started(run(2));
  journal.flush();
  const content = readFileSync(file);
  writeFileSync(file, content.subarray(0, content.length - 1));
  assert.deepEqual(open().read(), { suspects: [{ id: 1, attempt: 1, deaths: 1 }], runs: [] });
  writeFileSync(file, Buffer.concat([content.subarray(0, 32), Buffer.alloc(320, 0xff)]));
  assert.deepEqual(open().read(), { suspects: [], runs: [] });
});

test("a file that cannot be written is told once, and nothing else stops", (t) => {
  const { open, folder, failures } = setup(t);
  const journal = open(join(folder, "none", "runs"));
  journal.begin([]);
  journal.started(run(1));
  journal.flush();
  journal.begin([]);
  assert.equal(failures.length, 1);
});
