/**
 * Objects that are called like functions and have the methods of their class. The constructor returns a function
 * whose prototype is that of the class, so that private fields, `instanceof`, `bind` and `length` all work.
 */
export abstract class Callable {
  constructor(name: string, length: number, invoke: (self: never, args: unknown[]) => unknown) {
    const callable = (...args: unknown[]) => invoke(callable as never, args);
    Object.defineProperties(callable, {
      name: { value: name, configurable: true },
      length: { value: length, configurable: true },
    });
    // biome-ignore lint/correctness/noConstructorReturn: that is how an instance can be called
    return Object.setPrototypeOf(callable, new.target.prototype);
  }
}

Object.setPrototypeOf(Callable.prototype, Function.prototype);
