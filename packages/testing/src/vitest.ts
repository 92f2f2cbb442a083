import { functionOf, oneOf, optionsObject } from '@holdfast/core/internal';
import { type EventLog, eventLog, ManualClock } from '@holdfast/core/testing';
import { expect, type TestAPI, test } from 'vitest';
import { leftovers, type TestableClient, timersLeft } from './leftovers.ts';
import { holdfastMatchers, remember } from './matchers.ts';
import { takeTime } from './virtual-time.ts';

export type { TestableClient } from './leftovers.ts';
export { holdfastMatchers } from './matchers.ts';

/** What a client gets from the test: its clock, and fixed random numbers. */
export interface TestParts {
  readonly clock: ManualClock;
  readonly random: () => number;
}

/** What a test of {@link holdfastTest} gets. */
export interface HoldfastFixtures<Client> {
  readonly client: Client;
  readonly clock: ManualClock;
  /** All events; `events.lines` is a transcript. */
  readonly events: EventLog;
}

export interface HoldfastTestOptions {
  /**
   * `flows`: each wait by the clock ends at once, in the right order; the tested code only awaits.
   * `stands`: time passes only by `clock.advance(ms)` and `clock.run(promise)`. @defaultValue 'flows'
   */
  readonly time?: 'flows' | 'stands';
  /** @defaultValue always 0.5: waits with full jitter are half as long */
  readonly random?: () => number;
}

/**
 * vitest's `test` with a client whose waits take no time. At its end a test fails if it has left something behind: a
 * call that has not ended, waits or is in a queue, or an unread body.
 *
 * @param create Makes the client; the parts go into its options.
 * @example
 * ```ts no-run
 * const test = holdfastTest((parts) => createResilientClient({ baseUrl: 'https://api.example.com/', ...parts }));
 * test('is retried', async ({ client }) => expect(await client.get('orders/1').json()).toEqual({ id: 1 }));
 * ```
 */
export function holdfastTest<Client extends TestableClient>(
  create: (parts: TestParts) => Client,
  options: HoldfastTestOptions = {},
): TestAPI<HoldfastFixtures<Client>> {
  const where = 'holdfastTest';
  functionOf('(parts) => createResilientClient({...parts})')(create, `${where}: create`);
  optionsObject(options, where, ['time', 'random']);
  const { time = 'flows', random = () => 0.5 } = options;
  oneOf(time, ['flows', 'stands'], `${where}: time`);
  functionOf('() => number in [0, 1)')(random, `${where}: random`);
  expect.extend(holdfastMatchers);

  return test.extend<{ scene: HoldfastFixtures<Client> } & HoldfastFixtures<Client>>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
    scene: async ({}, use) => {
      const held = takeTime(new ManualClock());
      const { clock } = held;
      let stand: () => void = () => {};
      try {
        const client = create({ clock, random });
        const events = eventLog(client);
        remember(client, events);
        if (time === 'flows') stand = clock.flow();
        await use({ client, clock, events });
        stand();
        // Work that needs no time may still end by itself, such as the discarding of a body.
        await clock.settle();
        const left = leftovers(events.events, held);
        await client.close();
        await clock.settle();
        if (left.length === 0) left.push(...timersLeft(clock));
        if (left.length > 0) throw new Error(`The test has left something behind:\n  ${left.join('\n  ')}`);
      } finally {
        stand();
        held.stop();
      }
    },
    client: ({ scene }, use) => use(scene.client),
    clock: ({ scene }, use) => use(scene.clock),
    events: ({ scene }, use) => use(scene.events),
  });
}
