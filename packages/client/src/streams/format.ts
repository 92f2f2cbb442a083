/** How a stream's text becomes items. One parser is for one connection: it keeps what is incomplete. */
export interface Parser {
  feed(text: string): void;
  /** The stream has ended cleanly. */
  end(): void;
}

/** What a parser calls back. */
export interface Parsed<Item> {
  item(item: Item, id?: string): void;
  /** A block without an item has set, or reset, the id. */
  id(id: string): void;
  /** The server asked for this wait before a reconnect, in milliseconds. */
  retry(ms: number): void;
  /** There is a comment, which says nothing. */
  comment?(): void;
}

/** Server-sent events, or JSON lines. */
export interface Format<Item> {
  readonly accept?: string;
  /** What an item is called in messages. */
  readonly noun: string;
  parser(parsed: Parsed<Item>): Parser;
  /** @returns What is wrong with the answer, if it is no such stream. */
  problem?(response: Response): string | undefined;
  /** The id that an item came with, where it is not empty. */
  id(item: Item): string | undefined;
  /** An item as the body of an error. */
  text(item: Item): string;
}
