/**
 * Makes the classes of compiled modules known wherever values travel: their instances can be arguments and results of
 * durable calls, their errors arrive as themselves. Snapshots save most instances without this.
 */
import { registerErrorClass } from "../../sdk/index.ts";
import { type AnyClass, registerSerializable } from "../../wire/graph/index.ts";
import { type ClassDescription, watchClasses } from "../runtime/registry.ts";
import { whileRestoring } from "../runtime/support.ts";
import { extendsOnlyModuleClasses, privateChain } from "./describe-instance.ts";

watchClasses((description) => {
  const Class = description.Class as AnyClass;
  if (Class.prototype instanceof Error) registerErrorClass(Class as never);
  const name = description.id;
  try {
    if (!hasPrivates(description)) registerSerializable(Class, { name });
    else if (extendsOnlyModuleClasses(description))
      registerSerializable(Class, { name, ...stateWithPrivates(description) });
  } catch (error) {
    // It extends a class whose state cannot be seen: an instance is refused where one is to be saved.
    if (!(error instanceof TypeError)) throw error;
  }
});

const hasPrivates = (description: ClassDescription): boolean => privateChain(description).length > 0;

interface InstanceState {
  readonly privates: unknown[][];
  readonly fields: Record<string, unknown>;
}

function stateWithPrivates(description: ClassDescription) {
  return {
    toState: (instance: unknown): InstanceState => ({
      privates: privateChain(description).map(({ fields }) => fields.get(instance as object)),
      fields: { ...(instance as object) },
    }),
    fromState: ({ privates, fields }: InstanceState): object => {
      const made = whileRestoring(() => new (description.Class as new () => object)());
      for (const key of Reflect.ownKeys(made)) Reflect.deleteProperty(made, key);
      privateChain(description).forEach((one, index) => {
        const values = privates[index];
        if (!Array.isArray(values) || values.length !== one.fields.names.length) {
          throw new TypeError(`${description.id} has other private fields than when it was written`);
        }
        one.fields.set(made, values);
      });
      return Object.assign(made, fields);
    },
  };
}
