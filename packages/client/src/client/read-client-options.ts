import { defused, show } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { ClientOptions } from '../options/options.ts';

/** A user's random function may return anything. */
export function chanceOf(random: () => number): () => number {
  return () => {
    const value = defused(random());
    return value >= 0 && value <= 1 ? value : 0;
  };
}

/** Does the user give a function or handler that sends in place of the platform's fetch? */
export function saysWhatSends(options: ClientOptions | KyOptions | undefined): boolean {
  const { fetch, transport } = Object(options) as ClientOptions;
  return fetch !== undefined || transport !== undefined;
}

/** The absolute URL that relative ones are joined to. */
export function baseOf({ baseUrl, prefix }: KyOptions, where = 'createResilientClient'): string | undefined {
  const base = baseUrl || prefix;
  if (!base) return undefined;
  const page = (globalThis as { location?: { href: string } }).location?.href;
  try {
    return new URL(base, page).href;
  } catch {
    throw new TypeError(
      `${where}: ${baseUrl ? 'baseUrl' : 'prefix'} must be a URL such as 'https://api.example.com/v1/', got ${show(base)}`,
    );
  }
}
