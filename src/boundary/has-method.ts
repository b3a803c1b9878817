// A look at what an object can do, without asking it.

import { types } from 'node:util';

/** Whether an object has a method, without calling a getter or a trap. */
export function hasMethod(value: object, name: PropertyKey): boolean {
  for (let step: object | null = value; step !== null; step = Object.getPrototypeOf(step) as object | null) {
    if (types.isProxy(step)) return false;
    const property = Object.getOwnPropertyDescriptor(step, name);
    if (property !== undefined) return typeof property.value === 'function';
  }
  return false;
}
