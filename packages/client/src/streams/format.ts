/** Makes items from a stream's text. Each connection has its own parser, which keeps an incomplete item. */
export interface Parser {
  feed(text: string): void;
  /** The stream has ended cleanly. */
  end(): void;
}

/** The callbacks of a parser. */
export interface Parsed<Item> {
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
  parser(parsed: Parsed<Item>): Parser;
  /** @returns What is wrong with the answer, if it is not a stream of this format. */
  problem?(response: Response): string | undefined;
  /** The id of an item, if it is not empty. */
  id(item: Item): string | undefined;
  /** The text of an item, for the body of an error. */
  text(item: Item): string;
}
