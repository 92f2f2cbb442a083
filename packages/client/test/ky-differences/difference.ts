import { createResilientClient } from 'holdfast';
import ky, { type KyInstance, type Options } from 'ky';

export type Create = (options?: Options) => KyInstance;

/** One row of the table in docs/ky.md: an intended difference, with a scenario that shows it. */
export interface Difference {
  readonly what: string;
  /** The texts of the page. */
  readonly ky: string;
  readonly holdfast: string;
  readonly why: string;
  /** Runs once with `ky.create`, and once with `createResilientClient`. */
  readonly scenario: (create: Create) => Promise<unknown>;
  /** The result, in words or figures. */
  readonly shows: { readonly ky: unknown; readonly holdfast: unknown };
}

export const faces: Readonly<Record<'ky' | 'holdfast', Create>> = {
  ky: (options) => ky.create(options),
  holdfast: (options) => createResilientClient(options as object) as unknown as KyInstance,
};

export const at = 'https://api.example.com/x';

export interface Answering {
  readonly fetch: NonNullable<Options['fetch']>;
  readonly requests: Request[];
}

type Answer = number | (() => Response | Promise<Response>);

/** A fetch that gives these answers in order; the last one applies to all further requests. */
export function answering(...answers: readonly Answer[]): Answering {
  const requests: Request[] = [];
  const fetch = async (request: unknown): Promise<Response> => {
    requests.push(request as Request);
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? 200;
    return typeof answer === 'number' ? new Response('', { status: answer }) : answer();
  };
  // Not enumerable, so that the answer can be spread into the options of a client, which have no such name.
  return Object.defineProperty({ fetch } as Answering, 'requests', { value: requests });
}

export const hanging = (): Promise<Response> => new Promise(() => {});

/** An error's name and message, or the status of an answer. */
export async function outcomeOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await call;
    return value instanceof Response ? value.status : value;
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

export async function errorOf<T = Error>(call: PromiseLike<unknown>): Promise<T> {
  try {
    await call;
  } catch (error) {
    return error as T;
  }
  throw new Error('It was answered');
}

/** Retries at once. */
export const soon = { delay: () => 1 };
