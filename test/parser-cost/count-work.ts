import { Session } from 'node:inspector';

/**
 * Counts how much work a function does. Unlike a time, the count is the same on every machine: how often each block of
 * our own code ran, how many characters the built-in string methods went over, and how many characters each regular
 * expression went over at least. Backtracking inside a regular expression is not counted; `expressions` lists the
 * expressions, so that each can be shown not to backtrack.
 *
 * @param of A part of the paths of our own files.
 */
export function countWork(run: () => unknown, of: string): Work {
  const counter = new Counter();
  const session = new Session();
  session.connect();
  try {
    post(session, 'Profiler.enable');
    post(session, 'Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    const undo = counter.watch();
    try {
      run();
    } finally {
      undo();
    }
    const { result } = post(session, 'Profiler.takePreciseCoverage') as Coverage;
    let steps = counter.characters;
    for (const { url, functions } of result) {
      if (!url.includes(of)) continue;
      for (const { ranges } of functions) for (const { count } of ranges) steps += count;
    }
    return { steps, expressions: counter.expressions };
  } finally {
    post(session, 'Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

export interface Work {
  readonly steps: number;
  /** Each regular expression that ran, as written. */
  readonly expressions: ReadonlySet<string>;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/** A session of the same process answers synchronously. */
function post(session: Session, method: string, params?: object): unknown {
  let answer: unknown;
  session.post(method, params, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  return answer;
}

/** Methods that go over the whole string, or over the text that they return. */
const methods = [
  ...['indexOf', 'lastIndexOf', 'includes', 'split', 'replace', 'replaceAll', 'trim', 'trimStart', 'trimEnd'],
  ...['toLowerCase', 'toUpperCase', 'slice', 'substring', 'startsWith', 'endsWith', 'repeat', 'padEnd', 'normalize'],
] as const;

type Method = (this: string, ...given: readonly unknown[]) => unknown;

class Counter {
  characters = 0;
  readonly expressions = new Set<string>();

  /** @returns a function that stops watching */
  watch(): () => void {
    const undo: (() => void)[] = [];
    const replace = (on: object, name: string, make: (plain: Method) => Method): void => {
      const descriptor = Object.getOwnPropertyDescriptor(on, name) as PropertyDescriptor;
      Object.defineProperty(on, name, { ...descriptor, value: make(descriptor.value as Method) });
      undo.unshift(() => Object.defineProperty(on, name, descriptor));
    };
    const counter = this;
    for (const name of methods) {
      replace(String.prototype, name, (plain) => {
        return function (...given) {
          const result = plain.call(this, ...given);
          counter.characters += costOf(this, given, result);
          return result;
        };
      });
    }
    replace(RegExp.prototype, 'exec', (plain) => {
      return function (text) {
        const expression = this as unknown as RegExp;
        const from = expression.lastIndex;
        const found = plain.call(expression as never, text) as RegExpExecArray | null;
        counter.expressions.add(String(expression));
        counter.characters += 1 + lookedAt(expression, String(text), from, found);
        return found;
      };
    });
    return () => {
      for (const one of undo) one();
    };
  }
}

function costOf(text: string, given: readonly unknown[], result: unknown): number {
  // The characters that the expression went over are counted separately.
  if (given[0] instanceof RegExp) return 1;
  if (typeof result === 'number') return 1 + (result < 0 ? text.length : Math.abs(result - Number(given[1] ?? 0)));
  if (typeof result === 'boolean') return 1 + Math.min(text.length, String(given[0]).length * text.length);
  return 1 + (typeof result === 'string' ? result.length : text.length);
}

function lookedAt({ sticky, global }: RegExp, text: string, from: number, found: RegExpExecArray | null): number {
  const start = sticky || global ? from : 0;
  if (found !== null) return Math.max(0, found.index - start) + found[0].length;
  return sticky ? 1 : Math.max(0, text.length - start);
}
