import type { Format } from './format.ts';

/** Thrown for a line that is not JSON; the call makes a typed error of it. */
export class BrokenLine extends Error {
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super(`line ${line} is not JSON`, { cause });
    this.line = line;
  }
}

/** JSON lines: one JSON text in each line; empty lines are skipped. */
export const lineFormat: Format<unknown> = {
  noun: 'line',
  parser({ item }) {
    let rest: string[] = [];
    let number = 0;
    const parse = (line: string): void => {
      const text = number++ === 0 && line.startsWith('\uFEFF') ? line.slice(1) : line;
      if (text.trim() === '') return;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        throw new BrokenLine(number, error);
      }
      item(value);
    };
    return {
      feed(text) {
        const lines = text.split('\n');
        const last = lines.pop() as string;
        for (const line of lines) {
          // The parts are joined once: otherwise a long line in many chunks would be copied with each chunk.
          parse(rest.length === 0 ? line : [...rest, line].join(''));
          rest = [];
        }
        if (last !== '') rest.push(last);
      },
      end: () => parse(rest.join('')),
    };
  },
  id: () => undefined,
  text: (item) => JSON.stringify(item),
};
