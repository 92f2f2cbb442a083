import { byteStream, ignore, nextBytes, responseWithBody, untilReached, valueAt } from '@holdfast/core/internal/late';
import { JsonTail } from './json-tail.ts';
import type { Usage } from './unit-options.ts';

/** A response whose body is read for its cost, as its caller reads it. */
export interface UsageReading {
  readonly response: Response;
  /** Resolves at the end of the body, with one amount for each usage: absent if there is none, or if it is invalid. */
  readonly amounts: Promise<readonly (number | undefined)[]>;
}

/**
 * The client reads nothing that the caller does not read. A body that breaks or is abandoned has no usage; a stream
 * that is left after its last event, by `until` or at `[DONE]`, is complete.
 */
export function readUsage(response: Response, usages: readonly Usage[]): UsageReading {
  const { body } = response;
  if (typeof body?.getReader !== 'function' || body.locked) {
    return { response, amounts: Promise.resolve([]) };
  }
  const tail = new JsonTail(
    response.headers.get('content-type') ?? '',
    usages.filter((usage) => typeof usage === 'string'),
  );
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  let isWhole: (isWhole: boolean) => void = ignore;
  const ended = new Promise<boolean>((resolve) => {
    isWhole = resolve;
  });
  const stream = byteStream({
    async next() {
      try {
        const chunk = await nextBytes(reader);
        if (chunk) tail.add(chunk);
        else isWhole(true);
        return chunk;
      } catch (error) {
        isWhole(false);
        throw error;
      }
    },
    cancel(reason) {
      isWhole(reason === untilReached || tail.isDone);
      return reader.cancel(reason);
    },
  });
  const given = responseWithBody(response, stream);
  const amounts = ended.then((whole) => (whole ? usages.map((usage) => amountOf(usage, tail, response)) : []));
  return { response: given, amounts };
}

function amountOf(usage: Usage, tail: JsonTail, response: Response): number | undefined {
  try {
    const json = tail.json(typeof usage === 'string' ? usage : undefined);
    if (json === undefined) return undefined;
    const amount: unknown = typeof usage === 'string' ? valueAt(json, usage) : usage(json, response);
    // A function must not take its time; the failure of one that does must not end the process.
    if (amount instanceof Promise) amount.catch(ignore);
    return typeof amount === 'number' && amount >= 0 && amount <= Number.MAX_SAFE_INTEGER ? amount : undefined;
  } catch {
    // The answer's usage is invalid: the reservation stands.
    return undefined;
  }
}
