/** Waiters and iterators: objects of the runtime that are saved field by field. */
import * as asyncIterators from "../runtime/async-iterators.ts";
import { Member } from "../runtime/combinators.ts";
import { Disposals } from "../runtime/disposal.ts";
import { GeneratorWait } from "../runtime/generators.ts";
import * as iterators from "../runtime/iterators.ts";
import * as task from "../runtime/task.ts";

export interface RuntimeClass {
  readonly Class: abstract new (...args: never[]) => object;
  readonly fields: readonly string[];
}

const entry = (Class: RuntimeClass["Class"], ...fields: string[]): RuntimeClass => ({ Class, fields });

/** Their index is written: append only. The item of an iterator is not saved: it was bound before any suspension. */
export const RUNTIME_CLASSES: readonly RuntimeClass[] = [
  entry(task.Settle, "task"),
  entry(task.Adopt, "task", "followed"),
  entry(task.Reaction, "task", "onFulfilled", "onRejected"),
  entry(task.FinallyReaction, "task", "callback"),
  entry(task.PassOn, "task", "mode", "value"),
  entry(Member, "combinator", "index"),
  entry(GeneratorWait, "generator", "purpose"),
  entry(iterators.ArraySteps, "items", "kind", "index", "done"),
  entry(iterators.StringSteps, "text", "index"),
  entry(iterators.CollectionSteps, "collection", "kind", "done", "position"),
  entry(iterators.KeySteps, "target", "keys", "index"),
  entry(iterators.ProtocolSteps, "iterator", "done"),
  entry(asyncIterators.AsyncProtocolSteps, "iterator"),
  entry(asyncIterators.SyncSteps, "steps"),
  entry(asyncIterators.ResultOf, "task", "closes"),
  entry(asyncIterators.Swallow, "task"),
  entry(asyncIterators.Delegate, "iterator"),
  entry(asyncIterators.AsyncDelegate, "iterator", "returning"),
  entry(iterators.SavedIterator, "steps"),
  entry(asyncIterators.SyncToAsync, "delegate"),
  entry(Disposals, "resources", "failed", "error", "needsAwait", "hasAwaited"),
];

export const runtimeIndex: ReadonlyMap<unknown, number> = new Map(
  RUNTIME_CLASSES.map(({ Class }, index) => [Class, index]),
);
