import type { Call } from '../kernel/call.ts';
import type { Emit, EventOf, EventType, HoldfastEvent } from '../kernel/events.ts';
import { isThenable } from '../options/defused.ts';
import { nearest, OptionError } from '../options/validate.ts';
import { everyType, everyTypeName } from './all-events.ts';

/** Where a client's events are emitted. */
export interface EventHub {
  readonly emit: Emit;
  /** Listens to one type of event; returns the function that stops it. */
  on<Type extends EventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void;
  /** Listens to all events; returns the function that stops it. */
  on(listener: (event: HoldfastEvent) => void): () => void;
}

/** Its return value is used only if it is a promise, which may reject. */
type Listener = (event: HoldfastEvent) => unknown;

/** Where a client's listeners are kept. A listener that throws is reported on the console and breaks no call. */
export function createEventHub(): EventHub {
  const listeners = new Map<EventType, Set<Listener>>();
  const emit: { -readonly [Type in EventType]?: Emit[Type] } = {};

  const listen = (type: EventType, listener: Listener): void => {
    const ofType = listeners.get(type) ?? new Set();
    listeners.set(type, ofType.add(listener));
    (emit as Record<EventType, unknown>)[type] ??= (
      { call, attempt }: { readonly call: Call; readonly attempt?: number },
      details: object,
    ): void => {
      const at = call.clock.wallNow();
      const base = { type, at, callId: call.id, method: call.method, url: call.url };
      const event = Object.freeze({ ...base, ...(attempt && { attempt }), ...details }) as HoldfastEvent;
      for (const one of [...ofType]) notify(one, event);
    };
  };
  const forget = (type: EventType, listener: Listener): void => {
    const ofType = listeners.get(type);
    ofType?.delete(listener);
    if (ofType?.size !== 0) return;
    listeners.delete(type);
    delete emit[type];
  };

  return {
    emit,
    on(typeOrListener: EventType | Listener, listenerOfType?: unknown): () => void {
      const types = typeof typeOrListener === 'function' ? everyTypeName : [typeOrListener];
      const given = typeof typeOrListener === 'function' ? typeOrListener : listenerOfType;
      if (typeof given !== 'function')
        throw new OptionError('on: listener', given, 'must be a function (event) => void');
      for (const type of types) if (!Object.hasOwn(everyType, type)) throw unknownType(type);
      // A separate wrapper, so that a function that is given twice is called twice, and each of the two can be stopped.
      const listener: Listener = (event) => given(event);
      for (const type of types) listen(type, listener);
      return () => {
        for (const type of types) forget(type, listener);
      };
    },
  };
}

function unknownType(type: unknown): OptionError {
  const near = typeof type === 'string' ? nearest(type, everyTypeName) : undefined;
  const remedy =
    near === undefined ? `must be one of ${everyTypeName.join(', ')}` : `must be a known one, such as '${near}'`;
  return new OptionError('on: type', type, remedy);
}

function notify(listener: Listener, event: HoldfastEvent): void {
  try {
    const answer: unknown = listener(event);
    if (isThenable(answer)) answer.then(undefined, (error: unknown) => report(event, error));
  } catch (error) {
    report(event, error);
  }
}

function report(event: HoldfastEvent, error: unknown): void {
  console.error(`holdfast: a listener for ${event.type} threw`, error);
}
