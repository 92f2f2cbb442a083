import fc from 'fast-check';
import { resilienceErrorOf } from 'holdfast';
import { expect } from 'vitest';
import type { Bodies, Result } from './random-server.ts';
import type { Scene } from './scripted.ts';

/** The options of a client whose stream meets failures at random. */
export const options = { timeout: 500, idleTimeout: 1_000, retryBudget: false, circuitBreaker: false } as const;
export const runs = { seed: 20_261_130, numRuns: 300 } as const;

/** When the caller stops, and how; a number is the item after which it leaves the loop. */
export const anyStop = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.nat(3) },
  {
    weight: 2,
    arbitrary: fc.record({ how: fc.constantFrom('abort' as const, 'close' as const), atMs: fc.nat(3_000) }),
  },
);
export type Stop = { readonly how: 'abort' | 'close'; readonly atMs: number } | number | undefined;

export interface Read<Item> {
  readonly stream: AsyncIterable<Item>;
  readonly itemOf: (item: Item) => string;
  readonly stop: Stop;
  /** How long the caller takes for each item, in milliseconds. */
  readonly paceMs: number;
}

const left = new Error('the caller left');

/** Reads a stream as its caller, who may stop at any time. */
export async function read<Item>(scene: Scene, abort: AbortController, given: Read<Item>): Promise<Result> {
  const { api, clock, transport } = scene;
  const { stream, itemOf, stop, paceMs } = given;
  const items: string[] = [];
  if (typeof stop === 'object')
    clock.setTimer(() => void (stop.how === 'abort' ? abort.abort(left) : api.close()), stop.atMs);
  const reading = async (): Promise<void> => {
    for await (const item of stream) {
      items.push(itemOf(item));
      if (typeof stop === 'number' && items.length > stop) break;
      if (paceMs > 0) await new Promise<void>((resolve) => clock.setTimer(resolve, paceMs));
    }
  };
  const error = await clock.run(reading().then(ignore, (reason: unknown) => reason ?? 'none'));
  const typed = resilienceErrorOf(error);
  const code = typed?.code ?? (error === left ? 'aborted' : undefined);
  if (error !== undefined && code === undefined) throw error;
  return { items, code, cause: resilienceErrorOf(typed?.cause)?.code, requests: transport.requests.length };
}

function ignore(): void {}

/**
 * What a caller that stops sees is a part of what it would have seen.
 *
 * @param afterClose How it may end, too, when its client is closed.
 */
export function expectResult(seen: Result, model: Result, stop: Stop, afterClose: readonly string[] = []): void {
  if (stop === undefined || (typeof stop === 'number' && model.items.length <= stop)) {
    expect(seen).toEqual(model);
    return;
  }
  expect(model.items.slice(0, seen.items.length)).toEqual(seen.items);
  expect(seen.requests).toBeLessThanOrEqual(model.requests);
  if (typeof stop === 'number') expect([seen.items.length, seen.code]).toEqual([stop + 1, undefined]);
  else if (stop.how === 'abort') expect([model.code, 'aborted']).toContain(seen.code);
  else expect([model.code, 'CLIENT_CLOSED', ...afterClose]).toContain(seen.code);
}

export async function expectNothingLeft({ api, clock, log }: Scene, bodies: Bodies): Promise<void> {
  api.close();
  await clock.settle();
  // The timer of a caller that would have stopped later.
  await clock.advance(3_000);
  const { callsInFlight, limiters } = api.snapshot();
  const ofType = (type: string): number => log.events.filter((event) => event.type === type).length;
  expect([clock.pending, bodies.open, callsInFlight, limiters.map(({ running }) => running)]).toEqual([0, 0, 0, []]);
  expect(ofType('call.ended')).toBe(ofType('call.started'));
}
