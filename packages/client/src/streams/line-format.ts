import { type Format, LongItem, type Parse, type Parsed, type Parser } from './format.ts';

/** Thrown for a line that is not JSON; the call makes a typed error of it. */
export class BrokenLine extends Error {
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super(`line ${line} is not JSON`, { cause });
    this.line = line;
  }
}

/** A line that the user's `parseJson` is to read. It may return anything, a promise too, so it is asked on delivery. */
class RawLine {
  readonly text: string;
  readonly #number: number;

  constructor(text: string, number: number) {
    this.text = text;
    this.#number = number;
  }

  async value(parse: Parse): Promise<unknown> {
    try {
      return await parse(this.text);
    } catch (error) {
      // Any other error is the user's own.
      throw error instanceof Error && error.name === 'SyntaxError' ? new BrokenLine(this.#number, error) : error;
    }
  }
}

/** What may be kept of a line besides its text, in characters. */
const whiteSpace = 1024;

/** JSON lines: one JSON text in each line; empty lines are skipped. */
export const lineFormat: Format<unknown> = {
  noun: 'line',
  longest: 64 * 1024 * 1024,
  parser: lineParser,
  id: () => undefined,
  text: (item) => (item instanceof RawLine ? item.text : JSON.stringify(item)),
  value: (item, parse) => (item as RawLine).value(parse),
};

function lineParser({ item, longest, parse }: Parsed<unknown>): Parser {
  /** The parts of an incomplete line. They are joined once: a long line would be copied with each chunk. */
  let rest: string[] = [];
  let length = 0;
  let number = 0;
  const parsed = (text: string): unknown => {
    if (parse) return new RawLine(text, number);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new BrokenLine(number, error);
    }
  };
  const take = (line: string): void => {
    const text = number++ === 0 && line.startsWith('\uFEFF') ? line.slice(1) : line;
    const { length } = text.trim();
    if (length > longest) throw new LongItem();
    if (length > 0) item(parsed(text));
  };
  const keep = (part: string): void => {
    length += part.length;
    if (length > longest + whiteSpace) throw new LongItem();
    rest.push(part);
  };
  const taken = (last: string): string => {
    const line = rest.length === 0 ? last : [...rest, last].join('');
    rest = [];
    length = 0;
    return line;
  };
  return {
    feed(text) {
      const lines = text.split('\n');
      const last = lines.pop() as string;
      for (const line of lines) take(taken(line));
      if (last !== '') keep(last);
    },
    end: () => take(taken('')),
  };
}
