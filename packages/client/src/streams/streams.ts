import { letGoOfBody } from '@holdfast/core/internal/late';
import type { callWithKy } from '../faces/ky-face.ts';
import type { AskedStream, splitCall } from './asked-stream.ts';
import { eventFormat } from './event-format.ts';
import type { Format } from './format.ts';
import { ItemReader, type Opening } from './item-reader.ts';
import { lineFormat } from './line-format.ts';
import { StreamLoop } from './stream-loop.ts';

/**
 * What a stream takes from the first load. It is handed in: a bundler puts code that both the entry and a late part
 * import into files of its own.
 */
export interface FirstLoad {
  readonly callWithKy: typeof callWithKy;
  readonly splitCall: typeof splitCall;
}

/**
 * Makes the reader of a stream, of which nothing is sent yet. This module has the code that only streams need, and is
 * loaded with the first stream.
 */
export function beginStream<Item>(
  { client, where, input, call, stream, trace, first }: AskedStream<Item>,
  { callWithKy, splitCall }: FirstLoad,
  opening: Opening,
): ItemReader<Item> {
  const { runtime, base } = client;
  /** A Request's body is needed again where the stream may be resumed. */
  const bodied = input instanceof Request && input.body !== null ? input : undefined;
  const kept = stream.resume === false ? undefined : bodied;
  const loop = new StreamLoop<Item>({
    runtime,
    call,
    stream,
    answered: opening.answered,
    format: (where === 'events' ? eventFormat : lineFormat) as Format<unknown> as Format<Item>,
    spare: kept && (() => letGoOfBody(kept)),
    isSentOnce: bodied !== kept,
    send: (options, port) => {
      const { own, forKy } = options === call ? first : splitCall(client, options, where);
      return callWithKy(runtime, base, kept?.clone() ?? input, { own, forKy, trace, stream: port });
    },
  });
  return new ItemReader(loop, opening);
}
