/** In characters. A longer answer, or line of a stream, is not read. */
const longest = 8 * 1024 * 1024;

/**
 * The JSON of an answer, or the last JSON event of a stream, from the chunks as they pass.
 *
 * A language model's stream has its usage in the last event, or in one of the last: `[DONE]` is not JSON, and some APIs
 * send a closing event without the usage. So for each path the last event that may contain it is kept.
 */
export class JsonTail {
  readonly #decoder = new TextDecoder();
  readonly #kind: 'whole' | 'events' | 'lines';
  /** The last name of each path, and the last text that contains it. */
  readonly #byMember = new Map<string, string>();
  readonly #members: readonly string[];
  /**
   * The line that has not ended yet. Only its new part is searched: searching all of it for each chunk would take
   * quadratic time.
   */
  #rest = '';
  /** The line has ended with a carriage return: a line feed that follows belongs to this end. */
  #isAfterReturn = false;
  #data: string[] = [];
  /** The length of `#data`. */
  #size = 0;
  #last: string | undefined;
  #isTooLong = false;
  /** Has `[DONE]` arrived, which ends the streams of many APIs? */
  isDone = false;

  constructor(contentType: string, paths: readonly string[]) {
    this.#kind = /event-stream/i.test(contentType)
      ? 'events'
      : /ndjson|jsonl|json-?lines|json-seq/i.test(contentType)
        ? 'lines'
        : 'whole';
    this.#members = paths.map(memberOf);
  }

  add(chunk: Uint8Array): void {
    if (this.#isTooLong) return;
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.#kind === 'whole') this.#rest += text;
    else this.#takeLines(text);
    if (this.#rest.length + this.#size <= longest) return;
    this.#isTooLong = true;
    this.#rest = '';
    this.#data = [];
  }

  /** The JSON of the last text that may contain a path. */
  json(path?: string): unknown {
    if (this.#isTooLong) return undefined;
    if (this.#kind === 'whole') return JSON.parse(this.#rest);
    this.#line(this.#rest);
    this.#event();
    this.#rest = '';
    const text = (path === undefined ? undefined : this.#byMember.get(memberOf(path))) ?? this.#last;
    return text === undefined ? undefined : JSON.parse(text);
  }

  #takeLines(text: string): void {
    const lines = (this.#isAfterReturn ? `\r${text}` : text).split(/\r\n|\n|\r(?!$)/);
    const last = lines.pop() ?? '';
    this.#isAfterReturn = last.endsWith('\r');
    for (const line of lines) {
      this.#line(this.#rest + line);
      this.#rest = '';
    }
    this.#rest += this.#isAfterReturn ? last.slice(0, -1) : last;
  }

  #line(line: string): void {
    if (this.#kind === 'lines') this.#keep(line);
    else if (line === '') this.#event();
    else if (line.startsWith('data:')) {
      this.#data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
      this.#size += line.length;
    }
  }

  #event(): void {
    if (this.#data.length > 0) this.#keep(this.#data.join('\n'));
    this.#data = [];
    this.#size = 0;
  }

  #keep(text: string): void {
    if (text === '[DONE]') this.isDone = true;
    if (!/^\s*\{/.test(text)) return;
    this.#last = text;
    for (const member of this.#members) if (text.includes(member)) this.#byMember.set(member, text);
  }
}

function memberOf(path: string): string {
  return /([^.[\]"]+)[\]"]*$/.exec(path)?.[1] ?? path;
}
