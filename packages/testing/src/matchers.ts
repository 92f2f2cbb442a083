import type { EventLog } from '@holdfast/core/testing';
import type { Matcher, MatcherState } from 'vitest';

/** The matchers that are added to `expect(client)` and `expect(events)`. */
interface HoldfastMatchers<R> {
  /** The client has scheduled this many retries in this test, over all of its calls. */
  toHaveRetried(times: number): R;
  /**
   * The events of this test, line by line, are these. A line may also be a regular expression, or an asymmetric matcher
   * such as `expect.stringContaining('retry 1')`.
   */
  toHaveTranscript(lines: readonly unknown[]): R;
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends HoldfastMatchers<R> {}
}

/** The logs of clients that `holdfastTest` has made. */
const logs = new WeakMap<object, EventLog>();

/** From now on `expect(client)` uses this log. */
export function remember(client: object, log: EventLog): void {
  logs.set(client, log);
}

/** For `expect.extend(holdfastMatchers)`; `holdfastTest` does so by itself. */
export const holdfastMatchers: {
  readonly toHaveRetried: Matcher<MatcherState, [times: number]>;
  readonly toHaveTranscript: Matcher<MatcherState, [lines: readonly unknown[]]>;
} = {
  toHaveRetried(received: unknown, times: number) {
    const log = logOf(received, 'toHaveRetried');
    const retries = log.events.filter(({ type }) => type === 'retry.scheduled').length;
    return {
      pass: retries === times,
      message: () => {
        const expected = `expected ${this.isNot ? 'any number of retries but' : 'the client to have retried'} ${inTimes(times)}`;
        return `${expected}, got ${inTimes(retries)}${transcriptOf(log)}`;
      },
      actual: retries,
      expected: times,
    };
  },

  toHaveTranscript(received: unknown, lines: readonly unknown[]) {
    const { lines: actual } = logOf(received, 'toHaveTranscript');
    const matches = (index: number): boolean => {
      const [line, expected] = [actual[index], lines[index]];
      return expected instanceof RegExp ? expected.test(line ?? '') : this.equals(line, expected);
    };
    const count = Math.max(actual.length, lines.length);
    const first = Array.from({ length: count }, (_, index) => index).find((index) => !matches(index));
    return {
      pass: first === undefined,
      message: () =>
        first === undefined
          ? 'expected another transcript than this one'
          : `the transcript differs in line ${first + 1}: expected ${inWords(lines, first)}, got ${inWords(actual, first)}`,
      actual,
      // Matching lines are shown unchanged, so that the diff contains only the other lines.
      expected: lines.map((line, index) => (matches(index) ? actual[index] : line)),
    };
  },
};

function logOf(received: unknown, matcher: string): EventLog {
  if (typeof received === 'object' || typeof received === 'function') {
    const log = logs.get(received as object) ?? (received as Partial<EventLog> | null);
    if (log && Array.isArray(log.events) && Array.isArray(log.lines)) return log as EventLog;
  }
  throw new TypeError(`${matcher} takes the client or the events of holdfastTest, or an eventLog(client)`);
}

const inTimes = (count: number): string => `${count} time${count === 1 ? '' : 's'}`;

function inWords(lines: readonly unknown[], index: number): string {
  const line = lines[index];
  return index >= lines.length ? 'no more lines' : typeof line === 'string' ? JSON.stringify(line) : String(line);
}

function transcriptOf({ lines }: EventLog): string {
  return lines.length === 0 ? '; nothing has happened' : `:\n  ${lines.join('\n  ')}`;
}
