/** The user's `parseJson`, which knows the request and the answer. */
export type Parse = (text: string) => unknown;

/** Makes items from a stream's text. Each connection has its own parser, which keeps an incomplete item. */
export interface Parser {
  /** @throws LongItem for an item that is longer than allowed. */
  feed(text: string): void;
  /** The stream has ended cleanly. */
  end(): void;
}

/** Thrown for an item that is longer than allowed; the call makes a typed error of it. */
export class LongItem extends Error {}

/** The inputs of a parser, and its callbacks. */
export interface Parsed<Item> {
  /** How long an item may be, in characters: a server could send one without an end. */
  readonly longest: number;
  readonly parse?: Parse | undefined;
  item(item: Item, id?: string): void;
  /** Called when a block without an item has set, or reset, the id. */
  id(id: string): void;
  /** The server asked for this wait before a reconnect, in milliseconds. */
  retry(ms: number): void;
  /** Called for a comment. */
  comment?(): void;
}

/** Server-sent events, or JSON lines. */
export interface Format<Item> {
  readonly accept?: string;
  /** The word for an item in messages. */
  readonly noun: string;
  /** How long an item may be where `maxResponseBytes` does not say it, in characters. */
  readonly longest: number;
  parser(parsed: Parsed<Item>): Parser;
  /** @returns What is wrong with the answer, if it is not a stream of this format. */
  problem?(response: Response): string | undefined;
  /** The id of an item, if it is not empty. */
  id(item: Item): string | undefined;
  /** The text of an item, for the body of an error. */
  text(item: Item): string;
  /** The value of an item, if the user's `parseJson` makes it; that may return a promise. */
  value?(item: Item, parse: Parse): unknown;
}
