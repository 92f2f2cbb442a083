import { STATUS_CODES } from 'node:http';
import { type HoldfastEvent, isApiError, isResilienceError, type ResilientClient } from 'holdfast';
import { paint, visibleLength } from './paint.ts';

/** What the events reported about one call. */
export interface CallRecord {
  /** Such as `GET orders/1001`. */
  readonly name: string;
  retries: number;
  refreshes: number;
  durationMs: number;
}

export interface Timeline {
  readonly calls: readonly CallRecord[];
  scene(title: string): void;
  answered(name: string, text: string): void;
  failed(name: string, error: unknown): void;
}

const width = 98;
const nameColumn = 23;
const textColumn = 8 + 2 + nameColumn + 2;

/** Prints what a client does, while it does it. */
export function printTimeline(client: ResilientClient, startedAt: number): Timeline {
  const calls = new Map<string, CallRecord>();
  let scenes = 0;
  let lastName = '';

  function line(name: string, sign: string, text: string, at: number = Date.now()): void {
    const time = `${((at - startedAt) / 1000).toFixed(2)} s`.padStart(8);
    // A name is printed only when it changes. So the lines of a single call form a paragraph, and each line of
    // simultaneous calls names its call.
    const label = name === lastName ? '' : name;
    lastName = name;
    const [first = '', ...further] = wrapped(text, width - textColumn);
    console.log(`${paint('dim', time)}  ${paint('bold', label.padEnd(nameColumn))}${sign} ${first}`);
    for (const part of further) console.log(`${' '.repeat(textColumn)}${part}`);
  }

  function show(event: HoldfastEvent): void {
    // An event that belongs to no call, such as the end of a pause, has no URL.
    if (event.callId === '') return;
    const call = calls.get(event.callId);
    const name = call?.name ?? `${event.method} ${new URL(event.url).pathname.replace(/^\/v1\//, '')}`;
    const tell = (sign: string, text: string): void => line(name, sign, text, event.at);
    switch (event.type) {
      case 'call.started':
        calls.set(event.callId, { name, retries: 0, refreshes: 0, durationMs: 0 });
        break;
      case 'attempt.ended':
        tell(paint('cyan', '▸'), `attempt ${event.attempt}: ${outcomeOf(event)}`);
        break;
      case 'retry.scheduled':
        if (call && event.decision.action === 'retry') call.retries++;
        tell(paint('yellow', '↻'), paint('yellow', event.decision.reason));
        break;
      case 'retry.denied':
        tell(paint('yellow', '■'), paint('yellow', event.decision.reason));
        break;
      case 'credentials.refreshed':
        if (call) call.refreshes++;
        tell(paint('magenta', '◆'), paint('magenta', 'a new token, for all waiting calls'));
        break;
      case 'limiter.paused':
        tell(
          paint('yellow', '‖'),
          paint('yellow', `no call is sent for ${Math.ceil(event.pauseMs)} ms (${event.source})`),
        );
        break;
      case 'fallback.used':
        tell(paint('magenta', '◆'), paint('magenta', 'the fallback answers'));
        break;
      case 'call.ended':
        if (call) call.durationMs = event.durationMs;
        break;
    }
  }

  client.on(show);

  return {
    get calls() {
      return [...calls.values()];
    },
    scene(title) {
      lastName = '';
      scenes++;
      console.log(`\n${paint('cyan', String(scenes).padStart(3))}  ${paint('bold', title)}`);
    },
    answered: (name, text) => line(name, paint('green', '✔'), paint('green', text)),
    failed(name, error) {
      line(name, paint('red', '✘'), `${paint('red', error instanceof Error ? error.name : 'error')}: ${saidBy(error)}`);
      for (const [label, text] of explain(error)) {
        const [first = '', ...further] = wrapped(text, width - textColumn - 8);
        console.log(`${' '.repeat(textColumn)}${paint('dim', label.padEnd(8))}${first}`);
        for (const part of further) console.log(`${' '.repeat(textColumn + 8)}${part}`);
      }
    },
  };
}

function outcomeOf(event: HoldfastEvent & { readonly type: 'attempt.ended' }): string {
  const { status, errorCode = '', durationMs, verdict } = event;
  const words = status === undefined ? `no answer (${errorCode})` : `${status} ${STATUS_CODES[status]}`;
  return `${paint(verdict === 'success' ? 'green' : 'red', words)} ${paint('dim', `in ${Math.round(durationMs)} ms`)}`;
}

function saidBy(error: unknown): string {
  if (isApiError(error)) return error.error.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

/** The part of an error that helps the person who has to handle it. */
function explain(error: unknown): readonly (readonly [label: string, text: string])[] {
  if (!isApiError(error)) return isResilienceError(error) ? [['applied', error.applied]] : [];
  const { issues, requiredScope, retryAt, requestId, guide } = error;
  const { param } = error.error;
  return [
    ...issues.map(({ path, message }) => ['issue', `${path} ${message}`] as const),
    ...(param === undefined ? [] : [['field', param] as const]),
    ...(requiredScope === undefined ? [] : [['scope', requiredScope] as const]),
    ...(retryAt === undefined ? [] : [['again', `at ${new Date(retryAt).toLocaleTimeString('en-GB')}`] as const]),
    ['cause', guide.causes[0] ?? ''],
    ...guide.remedies.slice(0, 2).map((remedy) => ['remedy', remedy] as const),
    ['id', requestId ?? 'none'],
  ];
}

function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || visibleLength(`${last} ${word}`) > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
