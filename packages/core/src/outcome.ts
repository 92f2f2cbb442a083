import type { ApiErrorBody } from './errors/envelope.ts';

/** What an attempt came to. A response of any status is a response; an error means that there was none. */
export type Outcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Headers;
      readonly response: Response;
      /** The error envelope, where a rule asked for it. */
      readonly apiError?: ApiErrorBody;
    }
  | { readonly kind: 'error'; readonly error: unknown; readonly code: string };
