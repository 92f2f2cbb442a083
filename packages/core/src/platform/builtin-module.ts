interface Process {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(id: string): unknown;
}

/**
 * A module of Node's, without an `import` that the bundle for a browser would have to resolve; `undefined` elsewhere.
 * Next.js's edge runtime has the function, and throws when it is called: so Node's version is looked up first, which
 * only Node and runtimes that present themselves as Node have.
 */
export function builtinModule<T>(id: string): T | undefined {
  const { process } = globalThis as { readonly process?: Process };
  return process?.versions?.node === undefined ? undefined : (process.getBuiltinModule?.(id) as T | undefined);
}
