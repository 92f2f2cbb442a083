import { type Check, checkGiven, functionOf, OptionError, oneOf, timeLimit } from '@holdfast/core/internal';
import { givenMembers } from '../options/given-members.ts';
import { streamNames } from '../options/known-names.ts';
import type { CallOptions } from '../options/options.ts';
import type { ServerEvent } from './server-event.ts';

/** The last delivered event of a stream that broke, and how the stream ended. */
export type LastEvent = Partial<ServerEvent> & {
  readonly lastEventId: string | undefined;
  readonly eventsReceived: number;
  /** The error that ended the stream. */
  readonly cause: Error;
};

/** The options of `client.events()`: those of a call, and these. */
export interface EventsOptions extends CallOptions {
  /**
   * The longest time without an event while the reader waits for one, in milliseconds; comments do not count.
   *
   * @defaultValue false, which is no limit
   */
  readonly eventTimeout?: number | false | undefined;
  /**
   * Is this event an error of the server? Such an event is never delivered. Before the first delivered event it counts
   * as an answer of the returned status (`true`: 500), and is retried as one; later, it is an interruption.
   */
  readonly isFailure?: ((event: ServerEvent) => boolean | { readonly status: number }) | undefined;
  /** True for the event that ends the stream. That event is delivered; an end without it is an interruption. */
  readonly until?: ((event: ServerEvent) => boolean) | undefined;
  /**
   * How to continue after an interruption. `'onFailure'`: with `Last-Event-ID`, once an id was received. `'always'`:
   * also after a clean end, with or without ids, as EventSource does. A function returns the options of the request
   * that continues, or `undefined`. `false`: not at all.
   *
   * @defaultValue `'onFailure'` for GET, else false
   */
  readonly resume?:
    | 'onFailure'
    | 'always'
    | false
    | ((last: LastEvent) => CallOptions | undefined | Promise<CallOptions | undefined>)
    | undefined;
}

/** The same options for items of any kind, resolved. */
export interface StreamOptions<Item> {
  readonly eventTimeout?: number | false | undefined;
  readonly isFailure?: ((item: Item) => unknown) | undefined;
  readonly until?: ((item: Item) => boolean) | undefined;
  readonly resume: 'onFailure' | 'always' | false | ((last: never) => unknown);
}

/**
 * @param names All options of a call.
 * @param method That of the request, where the options name none.
 * @throws TypeError or RangeError that names path, value and remedy.
 */
export function splitEventsOptions(
  given: EventsOptions = {},
  names: Iterable<string>,
  method = 'get',
): {
  readonly call: CallOptions;
  readonly stream: StreamOptions<ServerEvent>;
} {
  if (typeof given !== 'object' || given === null) throw new OptionError('events: options', given, 'must be an object');
  const options = givenMembers(given, [...names, ...streamNames]);
  checkGiven(options, 'events: ', checks);
  const sent: unknown = options.method ?? method;
  const isGet = typeof sent === 'string' && sent.toLowerCase() === 'get';
  const { eventTimeout, isFailure, until, resume = isGet ? 'onFailure' : false, ...call } = options;
  return { call, stream: { eventTimeout, isFailure, until, resume } };
}

const checks: Readonly<Record<string, Check>> = {
  eventTimeout: timeLimit(1),
  isFailure: functionOf('(event) => boolean | {status}'),
  until: functionOf('(event) => boolean'),
  resume(resume, path) {
    if (typeof resume !== 'function') oneOf(resume, ['onFailure', 'always', false], path);
  },
};
