/**
 * The kinds of nodes that coroutine snapshots add to value graphs. Their numbers are written: append only.
 *
 * `head` and `children` of each, in this order:
 */
export const Kind = {
  /** A suspended async function. Head: id, fingerprint, point, flags, number. Children: live variables, waiters. */
  FRAME: 0,
  /** A suspended generator. Head: id, fingerprint, point, state. Children: live variables. */
  GENERATOR: 1,
  /** A suspended async generator. Head: id, fingerprint, point, state. Children: live variables, requests. */
  ASYNC_GENERATOR: 2,
  /** A task without code of its own. Head: state, flags. Children: value if settled, waiters. */
  TASK: 3,
  /** A durable call under way. Head: correlation id, function, flags. Children: waiters. */
  CALL: 4,
  /** A durable sleep. Head: time to wake, flags. Children: waiters. */
  SLEEP: 5,
  /** Head: what it combines, members remaining, flags. Children: results, waiters. */
  COMBINATOR: 6,
  /** A promise with functions that settle it. Head: decided, never, flags. Children: waiters. */
  DEFERRED: 7,
  /** A resolve or reject function. Head: whether it rejects. Children: its task. */
  SETTLER: 8,
  /**
   * A closure. Head: id, fingerprint; if it was changed, whether its prototype was, and properties. Children: what it
   * captured, its prototype, properties.
   */
  CLOSURE: 9,
  /** A function or closure that exists once. Head: id. */
  FUNCTION: 10,
  /** A class of a module. Head: id. */
  CLASS: 11,
  /** A constant, import, function or class of a module. Head: module, name. */
  BINDING: 12,
  /** An object or function of JavaScript or Node.js. Head: its path from the global object. */
  BUILT_IN: 13,
  /** An instance of a class of a module. Head: id, number and names of private fields, properties. Children: values. */
  INSTANCE: 14,
  /** An instance of a class or constructor made in a function. Head: properties. Children: the class, values. */
  INSTANCE_OF: 15,
  /** What waits for a task, or an iterator in flight. Head: index in the list of such. Children: its fields. */
  RUNTIME: 16,
  /** A method taken off its class. Head: class, whether it is static, name. */
  METHOD: 17,
  /** A bound function. Children: the function, `this`, arguments. */
  BOUND: 18,
  /** A function object of the SDK. Head: registry, name. */
  DURABLE_FUNCTION: 19,
  /** An error of a class made in a function. Head: properties. Children: the class, its stack, values. */
  LOCAL_ERROR: 20,
  /** An error of a class of a module. Head: as of INSTANCE. Children: private fields, its stack, values. */
  ERROR_INSTANCE: 21,
  /** The prototype of a function or class. Head: deleted keys, properties. Children: the function, values. */
  PROTOTYPE: 22,
} as const;

/** Flag: somebody has waited for the task. */
export const HANDLED = 1;
