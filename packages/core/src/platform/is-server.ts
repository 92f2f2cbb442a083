/** True in Node and in runtimes that present themselves as Node, such as Bun and Deno; false in browsers and edge workers. */
export const isServer: boolean =
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;
