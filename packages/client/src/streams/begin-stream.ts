import { letGoOfBody } from '@holdfast/core/internal/late';
import { callWithKy } from '../faces/ky-face.ts';
import { type AskedStream, type SplitCall, type StreamingClient, splitCall } from './asked-stream.ts';
import { eventFormat } from './event-format.ts';
import type { Format } from './format.ts';
import { lineFormat } from './line-format.ts';
import { StreamLoop } from './stream-loop.ts';

/** The idle timeout if the caller sets none, in milliseconds. */
const defaultIdleTimeout = 300_000;

/**
 * Makes the loop of a stream, of which nothing is sent yet. This module has the code that only streams need, and is
 * loaded with the first stream.
 *
 * @param first The options of its first request.
 * @param answered Called when the headers of the first answer have arrived.
 */
export function beginStream<Item>(
  client: StreamingClient,
  { where, input, call, stream, trace }: AskedStream<Item>,
  first: SplitCall,
  answered: (response: Response) => void,
): StreamLoop<Item> {
  const { runtime, base } = client;
  /** A Request's body is needed again where the stream may be resumed. */
  const bodied = input instanceof Request && input.body !== null ? input : undefined;
  const kept = stream.resume === false ? undefined : bodied;
  return new StreamLoop({
    ...{ runtime, call, stream, answered },
    format: (where === 'events' ? eventFormat : lineFormat) as Format<unknown> as Format<Item>,
    spare: kept && (() => letGoOfBody(kept)),
    isSentOnce: bodied !== kept,
    send: (options, port) => {
      const { own, forKy } = options === call ? first : splitCall(client, options, where);
      const idleTimeout = own.idleTimeout ?? runtime.policy.idleTimeout ?? defaultIdleTimeout;
      const asked = { own: { ...own, idleTimeout }, forKy, trace, stream: port };
      return callWithKy(runtime, base, kept?.clone() ?? input, asked);
    },
  });
}
