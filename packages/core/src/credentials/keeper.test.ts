import { describe, expect, test } from 'vitest';
import { CredentialsError } from '../errors/credentials-error.ts';
import { stage } from '../time/stage.test-support.ts';
import type { Credentials } from './credentials.ts';
import { credentialsKeeper } from './shared-keeper.ts';

/** Numbered credentials: `k0`, after a refresh `k1`, … */
function counting(more: Partial<Credentials> = {}): Credentials & { readonly refreshes: number } {
  let refreshes = 0;
  return {
    header: 'authorization',
    get: () => `k${refreshes}`,
    refresh: () => void refreshes++,
    ...more,
    get refreshes() {
      return refreshes;
    },
  };
}

const thrown = (promise: Promise<unknown> | unknown): Promise<unknown> =>
  Promise.resolve(promise).catch((error) => error);

describe('credentialsKeeper()', () => {
  test('remembers what a call has sent', async () => {
    const { context } = stage();
    const keeper = credentialsKeeper(counting());
    expect([keeper.sentBy(context.call), keeper.canRefreshFor(context.call)]).toEqual([undefined, false]);
    expect(await keeper.valueFor(context)).toBe('k0');
    expect([keeper.sentBy(context.call), keeper.canRefreshFor(context.call)]).toEqual(['k0', true]);
  });

  test('refreshes once for all calls whose same token was refused, and not for a call with another token', async () => {
    const first = stage();
    const second = stage();
    const source = counting();
    const keeper = credentialsKeeper(source);
    await keeper.valueFor(first.context);
    await keeper.valueFor(second.context);
    await Promise.all([
      keeper.refreshFor(first.context.call, first.context),
      keeper.refreshFor(second.context.call, second.context),
    ]);
    expect(source.refreshes).toBe(1);
    await keeper.refreshFor(second.context.call, second.context);
    expect(source.refreshes).toBe(1);
    await keeper.valueFor(second.context);
    await keeper.refreshFor(second.context.call, second.context);
    expect(source.refreshes).toBe(2);
  });

  test('does not refresh again for a call that read the old token during a refresh', async () => {
    const first = stage();
    const second = stage();
    let slow: ((value: string) => void) | undefined;
    let reads = 0;
    // The third read takes some time, and then returns the token that was current when it began.
    const source = counting({
      get: () =>
        ++reads === 3 ? new Promise<string>((resolve) => (slow = () => resolve('k0'))) : `k${source.refreshes}`,
    });
    const keeper = credentialsKeeper(source);
    await keeper.valueFor(first.context);
    await keeper.valueFor(second.context);
    const straggler = keeper.refreshFor(second.context.call, second.context);
    await keeper.refreshFor(first.context.call, first.context);
    slow?.('');
    await straggler;
    expect(source.refreshes).toBe(1);
  });

  test('gives each waiting call an error of its own', async () => {
    const cause = new Error('down');
    const first = stage();
    const second = stage();
    const keeper = credentialsKeeper(counting({ refresh: () => Promise.reject(cause), state: () => 'expired' }));
    const [one, other] = await Promise.all([
      thrown(keeper.valueFor(first.context)),
      thrown(keeper.valueFor(second.context)),
    ]);
    for (const error of [one, other]) {
      expect(error).toBeInstanceOf(CredentialsError);
      expect(error).toMatchObject({ cause, applied: 'no' });
    }
    expect(one).not.toBe(other);
  });

  test('rejects with the same error if credentials cannot be read, when they are put on and when they are refused', async () => {
    const { context } = stage();
    let broken = false;
    const get = (): string => {
      if (broken) throw new Error('vault sealed');
      return 'k';
    };
    const keeper = credentialsKeeper(counting({ get }));
    await keeper.valueFor(context);
    broken = true;
    expect(await thrown(keeper.valueFor(context))).toBeInstanceOf(CredentialsError);
    expect(await thrown(keeper.refreshFor(context.call, context))).toBeInstanceOf(CredentialsError);
  });

  test('lets a caller leave at once, and continues for the others', async () => {
    const { context, clock, caller } = stage();
    let done: () => void = () => {};
    const refresh = (): Promise<void> =>
      new Promise((resolve) => {
        done = resolve;
      });
    const keeper = credentialsKeeper(counting({ refresh, state: () => 'expired' }));
    const leaving = thrown(keeper.valueFor(context));
    caller.abort('left');
    expect(await leaving).toBe('left');
    expect(keeper.snapshot().refreshing).toBe(true);
    done();
    await clock.advance(0);
    expect(keeper.snapshot().refreshing).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('close() ends a refresh, and aborts its signal', async () => {
    const { context, clock } = stage();
    let signal: AbortSignal | undefined;
    const refresh = (given: { readonly signal: AbortSignal }): Promise<void> => {
      signal = given.signal;
      return new Promise(() => {});
    };
    const keeper = credentialsKeeper(counting({ refresh, state: () => 'expired' }));
    const waiting = thrown(keeper.valueFor(context));
    keeper.close();
    expect(await waiting).toMatchObject({ code: 'CREDENTIALS', cause: { message: 'the client was closed' } });
    expect(signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('refuses a value that is not credentials', () => {
    for (const bad of [null, undefined, 'token', {}, { header: 'x' }, { get: () => 'x' }]) {
      expect(() => credentialsKeeper(bad as never)).toThrow(/auth must be bearerToken/);
    }
  });
});
