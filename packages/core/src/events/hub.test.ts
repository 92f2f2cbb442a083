import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCall } from '../calls/create-call.ts';
import type { EventType, HoldfastEvent } from '../kernel/events.ts';
import { factsOf, status } from '../policy/cases.vectors.ts';
import { decide } from '../policy/decide.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { createEventHub, type EventHub } from './hub.ts';

const clock = new ManualClock(1_790_000_000_000);
const call = createCall('GET', 'https://api.example.com/orders?token=abc', clock);
const start = (hub: EventHub, attempt = 1): void => hub.emit['attempt.started']?.({ call, attempt }, { attempt });

describe('an event', () => {
  it('describes its call, without secrets', () => {
    const seen: HoldfastEvent[] = [];
    const hub = createEventHub();
    hub.on((event) => seen.push(event));
    hub.emit['call.started']?.({ call }, {});
    start(hub, 2);
    const base = {
      at: 1_790_000_000_000,
      callId: call.id,
      method: 'GET',
      url: 'https://api.example.com/orders?token=***',
    };
    expect(seen).toEqual([
      { type: 'call.started', ...base },
      { type: 'attempt.started', ...base, attempt: 2 },
    ]);
  });

  it('is frozen, and survives JSON, as does the decision that it holds', () => {
    const seen: HoldfastEvent[] = [];
    const hub = createEventHub();
    hub.on((event) => seen.push(event));
    const decision = decide(status(503), factsOf());
    hub.emit['retry.scheduled']?.({ call, attempt: 1 }, { attempt: 1, delayMs: 250, status: 503, decision });
    const [event] = seen as [HoldfastEvent & { decision: object }];
    expect(Object.isFrozen(event)).toBe(true);
    expect(Object.isFrozen(event.decision)).toBe(true);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  it('without listeners costs nothing: its details are not even read', () => {
    const hub = createEventHub();
    hub.on('call.started', () => undefined);
    const details = (): never => {
      throw new Error('built');
    };
    expect(() => hub.emit['attempt.started']?.({ call, attempt: 1 }, details())).not.toThrow();
    expect(Object.keys(hub.emit)).toEqual(['call.started']);
    expect(() => hub.emit['call.started']?.({ call }, details())).toThrow('built');
  });

  it('without listeners does not even read its call’s URL', () => {
    const read = vi.fn(() => 'x');
    const watched = Object.defineProperty({ ...call }, 'url', { get: read });
    const hub = createEventHub();
    hub.emit['call.started']?.({ call: watched }, {});
    expect(read).not.toHaveBeenCalled();
  });
});

describe('a listener', () => {
  it('of one type gets that type', () => {
    const seen: string[] = [];
    const hub = createEventHub();
    hub.on('attempt.started', ({ type, attempt }) => seen.push(`${type} ${attempt}`));
    hub.emit['call.started']?.({ call }, {});
    start(hub);
    expect(seen).toEqual(['attempt.started 1']);
  });

  it('that is given twice is called twice, and each of the two can be stopped', () => {
    const listener = vi.fn();
    const hub = createEventHub();
    const stopFirst = hub.on('attempt.started', listener);
    const stopSecond = hub.on('attempt.started', listener);
    start(hub);
    expect(listener).toHaveBeenCalledTimes(2);
    stopFirst();
    stopFirst();
    start(hub);
    expect(listener).toHaveBeenCalledTimes(3);
    stopSecond();
    start(hub);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('that has stopped leaves nothing behind, and may come back', () => {
    const hub = createEventHub();
    const listener = vi.fn();
    hub.on(listener)();
    expect(Object.keys(hub.emit)).toEqual([]);
    hub.on('attempt.started', listener);
    start(hub);
    expect(listener).toHaveBeenCalledOnce();
  });

  it('that is removed or added during an event does not affect that event', () => {
    const heard: string[] = [];
    const hub = createEventHub();
    const stop = hub.on('attempt.started', () => {
      heard.push('first');
      stop();
      hub.on('attempt.started', () => heard.push('late'));
    });
    hub.on('attempt.started', () => heard.push('second'));
    start(hub);
    expect(heard).toEqual(['first', 'second']);
    start(hub);
    expect(heard).toEqual(['first', 'second', 'second', 'late']);
  });
});

describe('a listener that fails', () => {
  const reported = vi.fn();
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(reported));
  afterEach(() => {
    vi.restoreAllMocks();
    reported.mockReset();
  });

  it('by throwing is reported, and breaks neither the call nor the next listener', () => {
    const thrown = new Error('mine');
    const next = vi.fn();
    const hub = createEventHub();
    hub.on('attempt.started', () => {
      throw thrown;
    });
    hub.on('attempt.started', next);
    expect(() => start(hub)).not.toThrow();
    expect(next).toHaveBeenCalledOnce();
    expect(reported.mock.calls).toEqual([['holdfast: a listener for attempt.started threw', thrown]]);
  });

  it.each<[string, () => unknown]>([
    ['a promise', () => Promise.reject(new Error('mine'))],
    [
      'whatever has a then',
      // biome-ignore lint/suspicious/noThenProperty: a promise of another realm, or of a library
      () => ({ then: (_ok: unknown, fail: (error: unknown) => void) => fail(new Error('mine')) }),
    ],
  ])('by %s is reported, and is no unhandled rejection', async (_what, listener) => {
    const hub = createEventHub();
    hub.on('attempt.started', listener as () => void);
    start(hub);
    await Promise.resolve();
    await Promise.resolve();
    expect(reported.mock.calls).toEqual([['holdfast: a listener for attempt.started threw', new Error('mine')]]);
  });
});

describe('on()', () => {
  it.each<[unknown[], string]>([
    [['attempt.startd', () => 1], 'on: type must be a known one, such as \'attempt.started\', got "attempt.startd"'],
    [['wibble', () => 1], 'on: type must be one of call.started, call.ended'],
    [['toString', () => 1], 'on: type must be one of'],
    [['attempt.started'], 'on: listener must be a function (event) => void, got undefined'],
    [['attempt.started', {}], 'on: listener must be a function'],
    [[undefined], 'on: listener must be a function'],
    [[5, () => 1], 'on: type must be one of'],
  ])('refuses %j', (given, message) => {
    const { on } = createEventHub();
    const listen = (): unknown => on(...(given as [EventType, () => void]));
    expect(listen).toThrow(TypeError);
    expect(listen).toThrow(message);
  });
});
