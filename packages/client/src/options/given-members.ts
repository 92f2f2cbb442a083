/**
 * The members of an options object, as own members of a plain one. The options may be an instance of a class, whose
 * members are getters of its prototype, or a Proxy that lists none of them. So they are read by name, as the platform
 * reads the init of a request; otherwise they would be ignored silently.
 *
 * @param names The names that are read.
 * @returns Any other value, such as a literal, a number, a form or a Map: unchanged.
 */
export function givenMembers<T>(options: T, names: Iterable<string>): T {
  if (typeof options !== 'object' || options === null || listsItsMembers(options)) return options;
  const members = { ...options } as Record<string, unknown>;
  for (const name of names) {
    // A getter may have a side effect, so no member is read twice.
    if (Object.hasOwn(members, name)) continue;
    const value = options[name as keyof T];
    if (value !== undefined && value !== Object.prototype[name as keyof object]) members[name] = value;
  }
  return members as T;
}

/** Nearly all options are a literal with some members; an `Object.prototype` may be that of another realm. */
function listsItsMembers(options: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(options);
  const isPlain = prototype === null || Object.hasOwn(prototype, 'isPrototypeOf');
  return (isPlain && Object.keys(options).length > 0) || Object.prototype.toString.call(options) !== '[object Object]';
}
