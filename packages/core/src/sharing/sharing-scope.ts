import type { CallContext } from '../kernel/call-context.ts';
import type { Handler, Strategy } from '../kernel/pipeline.ts';
import { defused } from '../options/defused.ts';
import { OptionError } from '../options/validate.ts';
import { senderOf } from './declared-sender.ts';

/**
 * Among which requests an answer may be shared, as far as user code decides it: `undefined` where such code,
 * further inside, may identify the sender. Then nothing is shared.
 *
 * @throws the error of the user's `partition`, and TypeError if it returns no string.
 */
export type SharingScope = (request: Request, context: CallContext) => string | undefined;

/** What a {@link SharingScope} is made from. */
export interface SharingScopeParts {
  /** The strategies further inside that come from the user. */
  readonly strategies: readonly Strategy[];
  /** The function that sends, if it is not the platform's `fetch`. */
  readonly transport?: Handler | undefined;
  /** The user's function that names the sender: then user code is trusted to agree with it. */
  readonly partition?: ((request: Request, context: CallContext) => unknown) | undefined;
  /** The path of `partition`, for messages. */
  readonly path: string;
}

/** Makes a {@link SharingScope}, once for a pipeline. */
export function sharingScope({ strategies, transport, partition, path }: SharingScopeParts): SharingScope {
  const ofTransport = transport === undefined ? '' : senderOf(transport);
  if (partition) {
    return (request, context) => {
      const given: unknown = defused(partition(request, context));
      if (typeof given === 'string') return JSON.stringify([given, ofTransport ?? '']);
      throw new OptionError(`${path}()`, given, 'must return a string');
    };
  }
  const isKnown = ofTransport !== undefined && strategies.every(({ addsIdentity }) => addsIdentity === false);
  return (_request, { settings }) => (isKnown && isPlatformFetch(settings.fetch) ? ofTransport : undefined);
}

const fetchAtStart: unknown = globalThis.fetch;

/**
 * The platform's `fetch`, as it is now or as it was when this module was loaded: a test or a tracer may have replaced
 * it since.
 */
function isPlatformFetch(fetch: unknown): boolean {
  return fetch === undefined || fetch === globalThis.fetch || fetch === fetchAtStart;
}
