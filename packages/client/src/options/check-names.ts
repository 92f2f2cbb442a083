import { nearest, OptionError, show } from '@holdfast/core/internal';
import { ignoredByPlatform } from '#platform-limits';
import { remedyFor } from '#remedies';
import type { OptionNames } from '../feature/declared.ts';
import { initNames, streamNames, timeNames } from './known-names.ts';
import type { OptionsContext } from './options-context.ts';
import { otherNames, type Topic } from './other-names.ts';

/**
 * Refuses names that would be ignored silently: those of other libraries, misspelt ones, those in the wrong place, and
 * a body where the options belong. Any other unknown name is passed to fetch, which may support it.
 *
 * @throws TypeError that names the option and the remedy.
 */
export function checkNames(options: Readonly<Record<string, unknown>>, context: OptionsContext): void {
  const { where, scope } = context;
  const { names } = context.features;
  const keys = Object.keys(options);
  const hasKnown = keys.some((key) => names.known.has(key));
  if (!hasKnown) refuseBodyObject(options, where);
  const isBody = !hasKnown && scope === 'call' && takesBody.test(where);
  for (const key of keys) {
    const problem = problemOf(key, options[key], context);
    if (problem !== undefined) throw new TypeError(`${where}: ${problem}${isBody ? bodyRemedy : ''}`);
  }
  const given = isBody ? keys.filter((key) => options[key] !== undefined) : [];
  if (given.length > 0)
    throw new TypeError(`${where}: ${show(given.slice(0, 3).join(', '))} is not an option${bodyRemedy}`);
}

/** The methods of a client that send a body. */
const takesBody = /^(post|put|patch)$/;
const bodyRemedy = '; if this is the body, pass it as {json: …}';

/** Nearly all names are known. */
function problemOf(key: string, value: unknown, context: OptionsContext): string | undefined {
  const { scope, hasOwnFetch, features } = context;
  const { names } = features;
  if (!names.known.has(key)) return unknownName(key, value, context);
  if (scope !== 'client' && names.shared.has(key)) {
    return `${key} is shared by all calls of a client; set it with extend({${key}}) instead`;
  }
  if (value === undefined) return undefined;
  if (scope === 'fetch' && !names.own.has(key) && !timeNames.has(key)) {
    return `${key} ${initNames.has(key) ? "belongs to fetch's init itself" : 'has no effect in client.fetch; leave it out'}`;
  }
  if (key === 'cache' && typeof value === 'boolean') {
    return `cache is fetch's own, such as 'no-store'; use responseCache: ${value}`;
  }
  if (key === 'credentials' && typeof value === 'object' && value !== null) {
    return "credentials is fetch's own, such as 'include'; use auth";
  }
  return hasOwnFetch ? undefined : ignoredByPlatform(key);
}

function unknownName(key: string, value: unknown, context: OptionsContext): string | undefined {
  const { where, scope, features } = context;
  const unknown = `unknown option ${show(key)}`;
  const bare = plain(key);
  if (!otherNames.has(bare)) {
    if (streamNames.includes(key))
      return value === undefined ? undefined : `${key} is an option of client.events() alone`;
    // A stream's own options have been taken out before, and the short names resemble words that a runtime may use.
    const near = nearest(key, where === 'events' ? streamNames : streamNames.slice(0, 2));
    if (near !== undefined) return `${unknown}; did you mean ${show(near)} of client.events()?`;
  }
  if (value !== undefined) {
    // ky itself says so of a call.
    if (key === 'prefixUrl' && scope === 'call') return undefined;
    if (bare === 'prefixurl') return `${key} is called prefix since ky 2`;
    const other = otherLibrarys(bare, features.names);
    if (other) {
      const [use, inFetch] = remedyFor(other) ?? [];
      const remedy = (scope === 'fetch' && inFetch) || use;
      return remedy === undefined ? unknown : `${unknown}; ${remedy}`;
    }
  }
  const near = resembles(key, features.names);
  if (near !== undefined) return `${unknown}; did you mean ${show(near)}?`;
  return scope === 'fetch' && value !== undefined ? `${unknown}; leave it out` : undefined;
}

/** `maxRetries`, `max_retries` and `MAX-RETRIES` are one name. */
function plain(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '');
}

/** Finds what it is about by the name, or by one edit of a long name, such as `retires`. */
function otherLibrarys(key: string, { known, resembled }: OptionNames): Topic | undefined {
  const exact = otherNames.get(key);
  if (exact || key.length < 7 || known.has(key) || strangers.has(key)) return exact;
  const longNames = [...resembled, ...otherNames.keys()].filter(({ length }) => length >= 7);
  const near = nearest(key, longNames, 1);
  return near === undefined ? undefined : otherNames.get(near);
}

/**
 * Names that resemble no known one, so that a call that passes one to fetch does not pay for the comparison each time.
 */
const strangers = new Set<string>();
const mostStrangers = 1000;

function resembles(key: string, { resembled }: OptionNames): string | undefined {
  if (strangers.has(key)) return undefined;
  // fetch and its runtimes may add names that resemble those of today.
  const near = nearest(key, resembled) ?? nearest(key, [...initNames], 2);
  if (near === undefined && strangers.size < mostStrangers) strangers.add(key);
  return near;
}

/** A form, a Map, a Date, a Promise that was not awaited: their own members are not options. */
function refuseBodyObject(options: object, where: string): void {
  if (/^\[object (?:Object|Module)\]$/.test(Object.prototype.toString.call(options))) return;
  throw new OptionError(`${where}: options`, options, 'must be an object; if this is the body, pass it as {body: …}');
}
