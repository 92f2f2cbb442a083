import { nearest, OptionError, show } from '@holdfast/core/internal';
import { ignoredByPlatform } from '#platform-limits';
import { remedyFor } from '#remedies';
import type { OptionNames } from '../feature/declared.ts';
import { initNames, streamNames, timeNames } from './known-names.ts';
import { otherNames, type Topic } from './other-names.ts';

/**
 * What the options are for: a client, one of its calls, or a call of `client.fetch`, whose init holds fetch's own
 * options.
 */
export type Scope = 'client' | 'call' | 'fetch';

/** Where names are checked. */
export interface NamesContext {
  /** The beginning of messages. */
  readonly where: string;
  readonly scope: Scope;
  /** A user's function or handler sends: `proxy` and `agent` may be options of its own. */
  readonly hasOwnFetch: boolean;
  readonly names: OptionNames;
}

/**
 * Refuses names that would be ignored silently: those of other libraries, misspelt ones, those in the wrong place, and
 * a body where the options belong. Any other unknown name is passed to fetch, which may support it.
 *
 * @throws TypeError that names the option and the remedy.
 */
export function checkNames(options: object, context: NamesContext): void {
  const { where, scope, names } = context;
  const keys = Object.keys(options);
  // Nearly every call ends here.
  if (scope === 'call' && keys.length > 0 && keys.every((key) => isOrdinary(key, names))) return;
  refuseBodyObject(options, where, names);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const isBody = scope === 'call' && takesBody.test(where) && !keys.some((key) => names.known.has(key));
  for (const [key, value] of Object.entries(options)) {
    const problem = nameOfStream(key, value, context) ?? problemOf(key, value, context);
    if (problem !== undefined) throw new TypeError(`${where}: ${problem}${isBody ? bodyRemedy : ''}`);
  }
  if (!isBody || given.length === 0) return;
  const first = given.slice(0, 3).map(([key]) => key);
  throw new TypeError(`${where}: ${show(first.join(', '))} is not an option${bodyRemedy}`);
}

/** Is the name known, and valid for a call whatever its value is? */
function isOrdinary(key: string, { known, shared }: OptionNames): boolean {
  return (
    known.has(key) &&
    !shared.has(key) &&
    key !== 'cache' &&
    key !== 'credentials' &&
    ignoredByPlatform(key) === undefined
  );
}

/**
 * A stream's own options have been taken out before: a remaining name that resembles one is misspelt, or in the wrong
 * place.
 */
function nameOfStream(key: string, value: unknown, { where, names }: NamesContext): string | undefined {
  if (names.known.has(key) || otherNames.has(plain(key))) return undefined;
  if (streamNames.includes(key))
    return value === undefined ? undefined : `${key} is an option of client.events() alone`;
  // The short names resemble words that a runtime may use as options.
  const near = nearest(key, where === 'events' ? streamNames : streamNames.slice(0, 2));
  return near === undefined ? undefined : `unknown option ${show(key)}; did you mean ${show(near)} of client.events()?`;
}

/** The methods of a client that send a body. */
const takesBody = /^(post|put|patch)$/;
const bodyRemedy = '; if this is the body, pass it as {json: …}';

function problemOf(key: string, value: unknown, context: NamesContext): string | undefined {
  const { scope, hasOwnFetch, names } = context;
  const isKnown = names.known.has(key);
  if (scope !== 'client' && names.shared.has(key)) {
    return `${key} is shared by all calls of a client; set it with extend({${key}}) instead`;
  }
  if (value === undefined && !resembles(key, names)) return undefined;
  if (scope === 'fetch' && value !== undefined && isKnown && !names.own.has(key) && !timeNames.has(key)) {
    return `${key} ${initNames.has(key) ? "belongs to fetch's init itself" : 'has no effect in client.fetch; leave it out'}`;
  }
  if (key === 'cache' && typeof value === 'boolean') {
    return `cache is fetch's own, such as 'no-store'; use responseCache: ${value}`;
  }
  if (key === 'credentials' && typeof value === 'object' && value !== null) {
    return "credentials is fetch's own, such as 'include'; use auth";
  }
  if (isKnown) return hasOwnFetch ? undefined : ignoredByPlatform(key);
  return unknownName(key, value, context);
}

function unknownName(key: string, value: unknown, { scope, names }: NamesContext): string | undefined {
  // ky itself says so of a call.
  if (key === 'prefixUrl' && scope === 'call') return undefined;
  if (plain(key) === 'prefixurl') return `${key} is called prefix since ky 2`;
  const other = value === undefined ? undefined : otherLibrarys(plain(key), names);
  if (other) {
    const [use, inFetch] = remedyFor(other) ?? [];
    const remedy = (scope === 'fetch' && inFetch) || use;
    return `unknown option ${show(key)}${remedy === undefined ? '' : `; ${remedy}`}`;
  }
  const near = resembles(key, names);
  if (near !== undefined) return `unknown option ${show(key)}; did you mean ${show(near)}?`;
  return scope === 'fetch' && value !== undefined ? `unknown option ${show(key)}; leave it out` : undefined;
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

function resembles(key: string, { known, resembled }: OptionNames): string | undefined {
  if (known.has(key) || strangers.has(key)) return undefined;
  // fetch and its runtimes may add names that resemble those of today.
  const near = nearest(key, resembled) ?? nearest(key, [...initNames], 2);
  if (near === undefined && strangers.size < mostStrangers) strangers.add(key);
  return near;
}

function refuseBodyObject(options: object, where: string, { known }: OptionNames): void {
  // A form, a Map, a Date, a Promise that was not awaited: their own members are not options.
  const isPlain = /^\[object (?:Object|Module)\]$/.test(Object.prototype.toString.call(options));
  if (isPlain || Object.keys(options).some((key) => known.has(key))) return;
  throw new OptionError(`${where}: options`, options, 'must be an object; if this is the body, pass it as {body: …}');
}
