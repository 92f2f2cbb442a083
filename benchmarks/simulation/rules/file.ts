import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ClientOptions, createResilientClient } from 'holdfast';
import type { Rule } from '../world.ts';
import { holdfastWith } from './holdfast.ts';

/**
 * The user's own rule: a client with the options that a module exports.
 *
 * @throws Error that says what is wrong with the file.
 */
export async function ruleIn(file: string): Promise<Rule> {
  const path = resolve(file);
  if (!existsSync(path)) throw new Error(`--policy ${file}: there is no such file (looked for ${path})`);
  const { default: options } = await load(file, path);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Error(`--policy ${file} must have a default export: an object as createResilientClient() takes it`);
  }
  try {
    await createResilientClient(options as ClientOptions).close();
  } catch (error) {
    throw new Error(`--policy ${file}: ${String(error)}`);
  }
  return holdfastWith('yours', file, options as ClientOptions);
}

async function load(file: string, path: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    throw new Error(`--policy ${file} can't be loaded: ${String(error)}`);
  }
}
