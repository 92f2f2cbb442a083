import { emptyBody, requestBody } from '../bodies/request-body.ts';
import { createCall } from '../calls/create-call.ts';
import { createEventHub, type EventHub } from '../events/hub.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext, CallSettings } from '../kernel/call-context.ts';
import type { Handler, Strategy } from '../kernel/pipeline.ts';
import { defaultLevels } from '../policy/default-levels.ts';
import { type PolicyOptions, resolvePolicyLevel } from '../policy/table.ts';
import { type EventLog, eventLog } from '../testing/event-log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { type ScriptedTransport, type Step, scriptedTransport } from '../testing/scripted-transport.ts';
import { compose } from '../transport/compose.ts';
import { fetchTransport } from '../transport/fetch-transport.ts';
import type { RetryRingOptions } from './ended.ts';
import { retryRing } from './retry.ts';

export interface SceneOptions {
  readonly method?: string;
  readonly url?: string;
  /** Made into the request's body, and replayed from it. */
  readonly body?: BodyInit;
  /** A caller's own Request in place of all these. */
  readonly request?: Request;
  readonly headers?: Readonly<Record<string, string>>;
  readonly policies?: PolicyOptions;
  readonly ring?: Partial<RetryRingOptions> | ((clock: ManualClock) => RetryRingOptions);
  readonly settings?: Partial<CallSettings>;
  readonly inside?: readonly Strategy[];
}

/** The retry ring over a scripted server, in virtual time, with the worst luck in the waits. */
export interface Scene {
  readonly clock: ManualClock;
  readonly transport: ScriptedTransport;
  readonly hub: EventHub;
  readonly log: EventLog;
  readonly call: Call;
  readonly controller: AbortController;
  readonly context: CallContext;
  /** Sends the call, and lets as much time pass as it takes. */
  run(): Promise<Response>;
  /** Sends it, and lets no time pass. */
  send(): Promise<Response>;
}

export function scene(script: readonly Step[], options: SceneOptions = {}): Scene {
  const { method = 'GET', url = 'https://api.example.com/orders/42', body, headers, policies, inside = [] } = options;
  const clock = new ManualClock();
  const transport = scriptedTransport(script);
  const request =
    options.request ??
    new Request(url, {
      method,
      ...(headers && { headers }),
      ...(body !== undefined && { body, duplex: 'half' }),
    } as RequestInit);
  const hub = createEventHub();
  const call = createCall(request.method, request.url, clock);
  const controller = new AbortController();
  const level = policies && resolvePolicyLevel(policies, 'client');
  const settings: CallSettings = {
    levels: level ? [level, ...defaultLevels] : defaultLevels,
    timeout: false,
    totalTimeout: false,
    ...options.settings,
  };
  const context: CallContext = {
    call,
    attempt: 1,
    signal: controller.signal,
    random: () => 1,
    emit: hub.emit,
    settings,
    body: request.body === null ? emptyBody : requestBody(body, request),
  };
  const ring = typeof options.ring === 'function' ? options.ring(clock) : options.ring;
  const handler: Handler = compose([retryRing(ring), ...inside], fetchTransport(transport));
  const send = (): Promise<Response> => handler(request, context);
  return { clock, transport, hub, log: eventLog(hub), call, controller, context, send, run: () => clock.run(send()) };
}

/** What a promise rejects with; a promise that resolves is an error. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved, with ${String(value)}`);
}

/** A response whose body tells whether it was cancelled. */
export function watchedResponse(status: number, onCancel: () => void, headers: HeadersInit = {}): Response {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('watched')),
    cancel: onCancel,
  });
  return new Response(body, { status, headers });
}
