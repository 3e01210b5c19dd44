import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ConfigError } from "../config/index.ts";
import { setupOptionsFrom } from "../coroutine/setup-options.ts";
import { localStateKey, STATE_KEY_FILE } from "./state-key.ts";

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-state-key-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  return {
    folder,
    file: join(data, STATE_KEY_FILE),
    key: (stateKeys: string[] = []) => localStateKey({ storePath: join(data, "dispatch.db"), stateKeys }),
  };
}

test("a key is made at the first start, for this user alone, and stays", (t) => {
  const { file, key } = setup(t);
  const first = key();
  assert.deepEqual(key(), first);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(file, "..")), [STATE_KEY_FILE]);
  const { keys, encrypts } = setupOptionsFrom({ DISPATCH_LOCAL_STATE_KEY: first.key });
  assert.equal(keys?.keys[keys.current]?.length, 32);
  assert.equal(encrypts, false);
});

test("two installations have keys of different names", (t) => {
  const [one, other] = [setup(t).key().key, setup(t).key().key];
  assert.notEqual(one?.split(":")[0], other?.split(":")[0]);
});

test("configured keys make no other, and one from before still opens states", (t) => {
  const { key } = setup(t);
  const configured = [`a:${Buffer.alloc(32).toString("base64")}`];
  assert.deepEqual(key(configured), { key: undefined });
  const before = key().key;
  assert.deepEqual(key(configured), { key: before });
});

test("a store in memory has a key of its process", () => {
  const options = { storePath: ":memory:", stateKeys: [] };
  assert.notEqual(localStateKey(options).key, localStateKey(options).key);
});

test("a file that holds no key is never replaced", (t) => {
  const { file, key } = setup(t);
  const whole = key().key!;
  for (const text of ["", "nonsense", whole.slice(0, -1), whole.replace(":", ""), `${whole}\n${whole}`]) {
    writeFileSync(file, text);
    assert.throws(
      () => key(),
      (error: Error) => error instanceof ConfigError && error.message.startsWith(`${file} holds no key`),
    );
    assert.equal(readFileSync(file, "utf8"), text);
  }
  rmSync(file);
  writeFileSync(`${file}.tmp`, "");
  assert.ok(key().key);
});

test("a key that others may read is told of", (t) => {
  const { file, key } = setup(t);
  const made = key();
  chmodSync(file, 0o644);
  const { key: same, notice } = key();
  assert.equal(same, made.key);
  assert.match(notice!, /chmod 600/);
});

test("where nothing can be written the key is of this process, and says so", (t) => {
  const { folder, key } = setup(t);
  symlinkSync(join(folder, "nowhere"), join(folder, "data"));
  const made = key();
  assert.ok(made.key);
  assert.match(made.notice!, /start again from their input after a restart.*DISPATCH_STATE_KEYS/);
});
