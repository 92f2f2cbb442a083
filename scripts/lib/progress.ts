// Prints the progress of the checks: a line when a check starts, a line when it ends and, on a terminal, a line at the
// bottom with the checks that still run. At the end, prints for each failed check the lines that matter and how to repeat
// it.

import { excerpt } from './excerpt.ts';

export type Verdict = 'ok' | 'failed' | 'skipped';

interface Subject {
  readonly name: string;
  readonly about: string;
}

export interface Progress {
  started(subject: Subject): void;
  /** Prints how the check ended, with its output below, and returns the verdict. */
  ended(subject: Subject, verdict: Verdict, output: string): Verdict;
  /** Repeats the failures. */
  close(): void;
}

/** @param inCi Prints the whole output of each failure, because the log files are lost with the machine. */
export function createProgress(stream: NodeJS.WriteStream, total: number, inCi: boolean): Progress {
  const begunAt = performance.now();
  const running = new Map<string, number>();
  const failures: { readonly subject: Subject; readonly output: string }[] = [];
  let done = 0;
  let lastPrinted: Subject | undefined;
  const live = stream.isTTY ? setInterval(draw, 1000) : undefined;

  function draw(): void {
    const names = [...running].map(([name, at]) => `${name} ${seconds(at)}`);
    const text = `${seconds(begunAt)}: ${done} of ${total} done, running: ${names.join(', ')}`;
    // A terminal that does not know its width reports 0.
    stream.write(`\r\x1b[2K${text.slice(0, (stream.columns || 80) - 1)}`);
  }

  function print(text: string): void {
    if (live) stream.write('\r\x1b[2K');
    stream.write(`${text}\n`);
    if (live) draw();
  }

  return {
    started({ name, about }) {
      running.set(name, performance.now());
      lastPrinted = undefined;
      print(line('start', name, '', about));
    },
    ended(subject, verdict, output) {
      const at = running.get(subject.name);
      running.delete(subject.name);
      done++;
      lastPrinted = subject;
      const shown = verdict === 'failed' && !inCi ? excerpt(output, 40) : output;
      if (verdict === 'failed') failures.push({ subject, output });
      const head = line(verdict, subject.name, at === undefined ? '' : seconds(at), subject.about);
      print(shown === '' ? head : `${head}\n${indented(shown)}`);
      return verdict;
    },
    close() {
      clearInterval(live);
      if (live) stream.write('\r\x1b[2K');
      for (const { subject, output } of failures) {
        // Output that was printed directly above is not repeated.
        const isAbove = lastPrinted === subject && !inCi;
        stream.write(`\nfailed: ${subject.name}\n${isAbove ? '' : `${indented(excerpt(output, 16))}\n`}`);
        stream.write(`Repeat it: npm test -- ${subject.name}    Whole output: .cache/checks/${subject.name}.log\n`);
      }
    },
  };
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

function line(what: string, name: string, time: string, about: string): string {
  return `${what.padEnd(8)}${name.padEnd(11)}${time.padStart(8)}  ${about}`;
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '    | ');
}
