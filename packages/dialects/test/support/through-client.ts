import { ManualClock } from '@holdfast/core/testing';
import { type ApiError, type ClientOptions, createResilientClient, isApiError } from 'holdfast';
import { dialectsFor, type Fixture, nowMs, partsOf } from './corpus.ts';

/** How a client handled an answer of the corpus. */
interface Met {
  /** `yes`: it was sent again; `later`: it was not, but the error says when; `no`. */
  readonly retry: 'yes' | 'no' | 'later';
  /** The error with which the call ended. */
  readonly error: ApiError;
}

/** Makes a call to a server that always gives this answer. */
export async function meet(fixture: Fixture, options: ClientOptions = {}): Promise<Met> {
  const clock = new ManualClock(nowMs);
  let sent = 0;
  const fetch = async (): Promise<Response> => {
    sent++;
    const { headers, text } = partsOf(fixture);
    return new Response(text, { status: fixture.status, headers });
  };
  const dialect = dialectsFor(fixture);
  const client = createResilientClient({ clock, random: () => 0.5, fetch, dialect, ...options });
  const { method = 'GET', requestHeaders: headers = {} } = fixture;
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
  const call = client('https://api.example.com/things', { method, headers, ...(hasBody && { json: { a: 1 } }) });
  const outcome = await clock.run(
    call.then(
      () => new Error('it was taken for an answer'),
      (error: unknown) => error,
    ),
  );
  await client.close();
  if (!isApiError(outcome)) throw new Error(`${fixture.id}: ${String(outcome)}`);
  const { decision, retryAt } = outcome;
  const isTooLong = decision?.because === 'retryAfterTooLong' || decision?.because === 'deadline';
  return { retry: sent > 1 ? 'yes' : isTooLong && retryAt !== undefined ? 'later' : 'no', error: outcome };
}

/** The facts that an error contains. */
export function understood({ error, requestId, issues, quotas, helpUrl, requiredScope, retryAfterMs }: ApiError): {
  readonly [key: string]: unknown;
  readonly issues: ApiError['issues'];
  readonly quotas: ApiError['quotas'];
} {
  return { ...error, requestId, issues, quotas, helpUrl, scope: requiredScope, waitMs: retryAfterMs };
}
