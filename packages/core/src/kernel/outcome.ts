import type { ApiAnswer } from '../api-answer/api-answer.ts';

/** What an attempt came to. A response of any status is a response; an error means that there was none. */
export type Outcome =
  | {
      readonly kind: 'response';
      /**
       * The status that policies go by. It is the response's own, unless a dialect says that a success is an error: then
       * it is the status as which that error counts.
       */
      readonly status: number;
      readonly headers: Headers;
      readonly response: Response;
      /** What the API says in a failed answer, read once; absent for a success. */
      readonly api?: ApiAnswer;
    }
  | { readonly kind: 'error'; readonly error: unknown; readonly code: string };
