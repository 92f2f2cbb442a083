import { OptionError, within } from '@holdfast/core/internal/late';
import { givenMembers } from '../options/given-members.ts';
import type { CallOptions } from '../options/options.ts';
import type { Progress } from './progress.ts';
import type { StreamCallParts } from './stream-call.ts';

/** How a stream was interrupted. */
interface Interrupted {
  readonly cause: Error;
  /** The signal of the call, which may end while the caller's `resume` function answers. */
  readonly signal: AbortSignal;
}

/**
 * The options of the request that continues a stream; `undefined` if it may not be continued.
 *
 * @param options Those of the last request.
 */
export async function resumption<Item>(
  { call, stream: { resume }, runtime }: StreamCallParts<Item>,
  { lastEventId, received: eventsReceived, last }: Progress<Item>,
  options: CallOptions,
  { cause, signal }: Interrupted,
): Promise<CallOptions | undefined> {
  if (typeof resume !== 'function') {
    const mayResume = resume === 'always' || (resume === 'onFailure' && lastEventId !== undefined);
    return mayResume && isSendable(lastEventId) ? options : undefined;
  }
  const figures = { lastEventId, eventsReceived, cause };
  const shown = Object.assign(Object.create(Object(last)) as Item & object, figures);
  const given = await within((async () => resume(shown as never))(), { signal });
  if (given === undefined || given === null) return undefined;
  // Spreading any other value would give no options, and the first request would be sent again.
  if (typeof given !== 'object') throw new OptionError('events: resume', given, 'must return options, or undefined');
  return { ...call, ...givenMembers(given, runtime.features.names.known) };
}

/** A header cannot contain control characters, and without its id a stream would begin again. */
function isSendable(id = ''): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return !/[\0-\x08\x0a-\x1f\x7f]/.test(id);
}
