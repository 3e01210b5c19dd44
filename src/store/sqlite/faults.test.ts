/** What can be wrong with the file, its folder, its disk, or another process. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { finished, inserted, largeBytes, record } from "../conformance/fixtures.ts";
import { remedyFor, StoreError, type StoreErrorCode } from "../errors.ts";
import { storeErrorOf } from "./errors.ts";
import { SCHEMA_VERSION } from "./migrations.ts";
import { setup } from "./sqlite.test-support.ts";
import { SqliteStore } from "./store.ts";

const withCode = (code: StoreErrorCode, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error));
  assert.equal(error.code, code, error.message);
  if (text !== undefined) assert.match(error.message, text);
  return true;
};

test("a second store on the same file is refused, and named", async () => {
  const { store, file, cleanUp } = await setup();
  const session = await store.open();
  const refused = withCode("locked", new RegExp(`in use by process ${process.pid} on `));
  await assert.rejects(new SqliteStore({ file }).open(), refused);
  await session.close();
  await (await new SqliteStore({ file }).open()).close();
  await cleanUp();
});

test("a thread that ends before the store is open is an error", { timeout: 20_000 }, async () => {
  const { file, folder, cleanUp } = await setup();
  const thread = join(folder, "thread.mjs");
  await writeFile(thread, "process.exit(1);");
  await assert.rejects(
    new SqliteStore({ file }, pathToFileURL(thread)).open(),
    withCode("failed", /ended before/),
  );
  await writeFile(thread, "throw new Error('not today');");
  await assert.rejects(
    new SqliteStore({ file }, pathToFileURL(thread)).open(),
    withCode("failed", /not today/),
  );
  await cleanUp();
});

const onWindows = process.platform === "win32" && "there are no such rights";

test("the store, its log and its back-up are for their owner alone", { skip: onWindows }, async () => {
  const { store, file, folder, cleanUp } = await setup();
  const session = await store.open();
  await session.commit([inserted(record(1))]);
  const copy = join(folder, "copy.db");
  await session.backup(copy);
  for (const path of [file, `${file}-wal`, copy]) assert.equal((await stat(path)).mode & 0o777, 0o600, path);
  await session.close();
  await cleanUp();
});

test("a killed process leaves what it committed, and no lock", async () => {
  const { file, folder, cleanUp } = await setup();
  const script = join(folder, "child.ts");
  const here = new URL(".", import.meta.url).href;
  await writeFile(
    script,
    `import { SqliteStore } from "${here}store.ts";
     import { inserted, record } from "${here}../conformance/fixtures.ts";
     const session = await new SqliteStore({ file: process.argv[2] }).open();
     for (let id = 1; ; id++) { await session.commit([inserted(record(id))]); process.stdout.write(id + "\\n"); }`,
  );
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout) {
    text += chunk;
    if (!text.includes("\n20\n")) continue;
    await assert.rejects(
      new SqliteStore({ file }).open(),
      withCode("locked", new RegExp(`process ${child.pid} on `)),
    );
    child.kill("SIGKILL");
    break;
  }
  await once(child, "close");
  const acknowledged = text.split("\n").length - 1;
  const session = await new SqliteStore({ file }).open();
  const claimed = await session.claim(0, 100_000);
  assert.ok(claimed.length >= acknowledged, `${claimed.length} kept of ${acknowledged} acknowledged`);
  await session.close();
  await cleanUp();
});

test("a file of a newer version is refused, and left as it is", async () => {
  const { store, file, cleanUp } = await setup();
  await (await store.open()).close();
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  database.close();
  const before = await readFile(file);
  await assert.rejects(store.open(), withCode("too_new", /run the newer program/));
  assert.deepEqual(await readFile(file), before);
  await cleanUp();
});

test("a file that is no database, or another program's, is refused, and left as it is", async () => {
  const { file, cleanUp } = await setup();
  await writeFile(file, "calls, calls, calls ".repeat(1000));
  await assert.rejects(new SqliteStore({ file }).open(), withCode("corrupted"));
  assert.match(await readFile(file, "utf8"), /^calls, calls/);
  await cleanUp();

  const other = await setup();
  const database = new DatabaseSync(other.file);
  database.exec("CREATE TABLE songs (title TEXT)");
  database.close();
  await assert.rejects(other.store.open(), withCode("corrupted", /not a store of dispatch-ts/));
  await other.cleanUp();
});

test("a file damaged in the middle is refused when the damage is met", async () => {
  const { store, file, cleanUp } = await setup();
  const first = await store.open();
  await first.commit(Array.from({ length: 500 }, (_, i) => inserted(record(i + 1), new Uint8Array(1500))));
  await first.close();
  const content = await readFile(file);
  content.fill(0xa5, 4096 * 8, content.length - 4096);
  await writeFile(file, content);
  await assert.rejects(async () => {
    const session = await store.open();
    try {
      await session.claim(0, 1000);
    } finally {
      await session.close();
    }
  }, withCode("corrupted"));
  await cleanUp();
});

test("a file that is moved or removed while in use is noticed, and taken up again where it was moved back", async () => {
  const { store, file, cleanUp } = await setup();
  const session = await store.open();
  await session.commit([inserted(record(1))]);
  await rename(file, `${file}.elsewhere`);
  await assert.rejects(session.commit([inserted(record(2))]), withCode("gone", /not there any more/));
  await assert.rejects(session.check(), withCode("gone"));
  await writeFile(file, "another file");
  await assert.rejects(session.check(), withCode("gone", /replaced/));
  await rename(`${file}.elsewhere`, file);
  await session.commit([inserted(record(2))]);
  await rm(`${file}-wal`);
  await assert.rejects(session.check(), withCode("gone", /-wal/));
  await session.close();
  await cleanUp();
});

test("a store that was lost is opened again only where it is, as it was, and undamaged", async () => {
  const { store, file, cleanUp } = await setup();
  const first = await store.open();
  const { tag } = first;
  await first.commit(Array.from({ length: 500 }, (_, i) => inserted(record(i + 1), new Uint8Array(1500))));
  await first.close();
  await (await store.open({ tag, verify: true })).close();
  const content = await readFile(file);
  const damaged = Buffer.from(content);
  damaged.fill(0xa5, 4096 * 8, content.length - 4096);
  await writeFile(file, damaged);
  await assert.rejects(store.open({ tag, verify: true }), withCode("corrupted"));
  await rm(file);
  await assert.rejects(store.open({ tag }), withCode("gone", /is not there/));
  assert.equal(existsSync(file), false, "no empty store takes its place");
  const other = new DatabaseSync(file);
  other.exec("CREATE TABLE songs (title TEXT)");
  other.close();
  await assert.rejects(store.open({ tag }), withCode("gone", /another store/));
  await writeFile(file, content);
  await (await store.open({ tag, verify: true })).close();
  await cleanUp();
});

test("SQLite's codes are told apart by what helps", () => {
  const codeOf = (errcode: number) => storeErrorOf({ errcode, message: "x" }, "file").code;
  const remedies = (codes: number[]) => codes.map((code) => remedyFor(codeOf(code)));
  // BUSY, BUSY_SNAPSHOT, LOCKED, NOMEM, IOERR, IOERR_FSYNC, SCHEMA
  assert.deepEqual(new Set(remedies([5, 517, 6, 7, 10, 1034, 17])), new Set(["retry"]));
  // READONLY, READONLY_DBMOVED, CORRUPT, CORRUPT_INDEX, CANTOPEN, NOTADB
  assert.deepEqual(new Set(remedies([8, 1032, 11, 779, 14, 26])), new Set(["reopen"]));
  assert.deepEqual(remedies([13]), ["wait"]);
  assert.equal(codeOf(1032), "gone");
});

test("a missing folder, and one that cannot be written, are named", async (context) => {
  const { folder, cleanUp } = await setup();
  const missing = new SqliteStore({ file: join(folder, "none", "calls.db") });
  await assert.rejects(missing.open(), withCode("read_only", /none\/calls\.db/));
  if (process.getuid?.() === 0) context.diagnostic("root writes everywhere: permissions are not tested");
  else {
    await chmod(folder, 0o500);
    await assert.rejects(new SqliteStore({ file: join(folder, "calls.db") }).open(), withCode("read_only"));
    await chmod(folder, 0o700);
  }
  await cleanUp();
});

test("a full disk refuses the commit whole, keeps what was stored, and takes more once there is room", async () => {
  const { store, cleanUp } = await setup({ fileBytesMax: 1_000_000 });
  const session = await store.open();
  await session.commit([inserted(record(1), largeBytes(1))]);
  const [small, large] = await Promise.allSettled([
    session.commit([inserted(record(2))]),
    session.commit([inserted(record(3)), ...[4, 5, 6, 7].map((id) => inserted(record(id), largeBytes(id)))]),
  ]);
  assert.equal(small.status, "fulfilled", "a batch that fits is not refused with one that does not");
  assert.equal(large.status, "rejected");
  withCode("full")(large.status === "rejected" && large.reason);
  assert.deepEqual(
    (await session.claim(0, 10)).map(({ call }) => call.id),
    [1, 2],
  );
  await session.commit([finished(1)]);
  await session.removeFinished({ finishedBeforeMs: 9_000_000, nowMs: 0, afterId: 0, limit: 10 });
  await session.commit([inserted(record(3), largeBytes(3))]);
  assert.deepEqual(
    (await session.claim(0, 10)).map(({ call }) => call.id),
    [2, 3],
  );
  await session.close();
  await cleanUp();
});

test("a back-up is consistent, is a store itself, and overwrites nothing", async () => {
  const { store, folder, cleanUp } = await setup();
  const session = await store.open();
  await session.commit(
    Array.from({ length: 200 }, (_, i) => inserted(record(i + 1), new Uint8Array(100_000))),
  );
  const copy = join(folder, "copy.db");
  let going = true;
  const writing = (async () => {
    for (let id = 1000; going; id += 2)
      await session.commit([inserted(record(id)), inserted(record(id + 1))]);
  })();
  await session.backup(copy);
  going = false;
  await writing;
  await assert.rejects(session.backup(copy), withCode("exists"));
  await session.close();
  const restored = await new SqliteStore({ file: copy }).open();
  const ids = (await restored.claim(0, 100_000)).map(({ call }) => call.id);
  assert.ok(ids.length >= 200);
  assert.equal(ids.length % 2, 0, "every commit is there whole, or not at all");
  await restored.close();
  await cleanUp();
});

test("the log is written back into the file before it grows without end", async () => {
  const { store, file, cleanUp } = await setup({ walBytes: 256 * 1024 });
  const session = await store.open();
  for (let id = 1; id <= 40; id++) await session.commit([inserted(record(id), largeBytes(id))]);
  assert.ok((await stat(`${file}-wal`)).size < 2_000_000);
  await session.close();
  await cleanUp();
});
