/** The runtime that compiled modules import. Users do not call it. */
export { asyncClose, asyncIterate, checkClosed, delegate, delegateAsync } from "./async-iterators.ts";
export { newPromise, promises } from "./combinators.ts";
export { disposals } from "./disposal.ts";
export { AsyncGeneratorFrame, GeneratorFrame, startGenerator, yieldInner, yieldValue } from "./generators.ts";
export {
  checkIteratorResult,
  heldIterator,
  iterate,
  iterateMethod,
  keysIn,
  nextItem,
  restItems,
} from "./iterators.ts";
export {
  bindCall,
  closure,
  closureDescriptor,
  frame,
  moduleFunction,
  noteClass,
  registerClass,
  registerModule,
} from "./registry.ts";
export {
  accessors,
  assignable,
  callMethod,
  checkDestructurable,
  constantError,
  constants,
  deadZone,
  isRestoring,
  live,
  propertyKey,
  restOf,
  superGet,
  superTarget,
  UNBOUND,
} from "./support.ts";
export { fulfilled, rejected, SUSPENDED, start, Task, wait } from "./task.ts";
