// How a field of a value that is built gets there.

/** Defines a field as data, whatever its name: assigning one that a prototype has may call a setter, or be refused. */
export function defineField(target: object, name: string, value: unknown, enumerable = true): void {
  if (enumerable && !(name in target)) {
    (target as Record<string, unknown>)[name] = value;
    return;
  }
  Object.defineProperty(target, name, { value, writable: true, enumerable, configurable: true });
}
