import { answering, at, type Difference, errorOf, hanging, outcomeOf, soon } from './difference.ts';

/** Sends the headers at once, and the body long after the timer of `timeout`. */
function lateBody(): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        setTimeout(() => {
          controller.enqueue(new TextEncoder().encode('late'));
          controller.close();
        }, 1500);
      },
    }),
  );
}

export const ofTime: readonly Difference[] = [
  {
    what: 'a timeout',
    ky: 'is final, unless `retryOnTimeout` is set',
    holdfast: 'is retried where that is safe; `retryOnTimeout: false` switches it off',
    why: 'most timeouts concern a single connection',
    async scenario(create) {
      const counted = answering(hanging);
      const api = create({ fetch: counted.fetch, timeout: 1, retry: { limit: 1, ...soon } });
      await errorOf(api.get(at));
      const before = counted.requests.length;
      await errorOf(api.get(at, { retry: { retryOnTimeout: false } }));
      return [before, counted.requests.length - before];
    },
    shows: { ky: [1, 1], holdfast: [2, 1] },
  },
  {
    what: '`.text()` and other shortcuts',
    ky: 'are bounded by `timeout` and by `totalTimeout`',
    holdfast: 'are bounded by `totalTimeout`, and by `idleTimeout`',
    why: '`timeout` covers one attempt, until its headers',
    scenario: (create) =>
      outcomeOf(
        create({ ...answering(lateBody), timeout: 1000, retry: 0 })
          .get(at)
          .text(),
      ),
    shows: { ky: 'TimeoutError', holdfast: 'late' },
  },
  {
    what: '`totalTimeout`',
    ky: 'is off by default',
    holdfast: 'is 30 s, or three times `timeout`, whichever is more; off with `timeout: false`',
    why: 'no call hangs',
    async scenario(create) {
      const { fetch } = answering(503);
      const api = create({ fetch, retry: { limit: 1, delay: () => 40_000 } });
      const outcome = outcomeOf(api.get(at));
      const waits = new Promise((resolve) => setTimeout(resolve, 4000, 'it waits'));
      return Promise.race([outcome, waits]);
    },
    shows: { ky: 'it waits', holdfast: 'ServiceUnavailableError' },
  },
  {
    what: '`timeout` above `totalTimeout` in one object',
    ky: 'the shorter counts',
    holdfast: 'throws, or rejects the call',
    why: 'one of them is a mistake',
    scenario: (create) => outcomeOf(create(answering(200)).get(at, { timeout: 2000, totalTimeout: 1000 })),
    shows: { ky: 200, holdfast: 'RangeError' },
  },
  {
    what: 'a wait that would outlast the call',
    ky: 'is started, and ends in a timeout',
    holdfast: 'is not started: the call ends with the failure',
    why: 'the result is the same, but sooner',
    scenario: (create) =>
      outcomeOf(create({ ...answering(500), timeout: 1500, totalTimeout: 1500, retry: { delay: () => 5000 } }).get(at)),
    shows: { ky: 'TimeoutError', holdfast: 'InternalServerError' },
  },
  {
    what: '`ky.retry()` beyond `totalTimeout`',
    ky: 'a `TimeoutError`',
    holdfast: 'a `DeadlineExceededError`, the forced retry as its `cause`',
    why: 'it says what the time was needed for',
    async scenario(create) {
      const { default: ky } = await import('ky');
      const again = () => ky.retry({ delay: 5000 });
      const options = { ...answering(200), timeout: 1500, totalTimeout: 1500, hooks: { afterResponse: [again] } };
      const error = await errorOf(create(options).get(at));
      return [error.name, (error.cause as Error | undefined)?.name];
    },
    shows: { ky: ['TimeoutError', undefined], holdfast: ['TimeoutError', 'ForceRetryError'] },
  },
  {
    what: 'a hanging `beforeError`',
    ky: 'hangs',
    holdfast:
      'ends with `totalTimeout` (`DEADLINE_EXCEEDED`, the failure as its `cause`); if the deadline’s own error is passed to it, after a second',
    why: 'nothing hangs',
    async scenario(create) {
      const beforeError = [() => new Promise<never>(() => {})];
      const api = create({ ...answering(410), timeout: 1000, totalTimeout: 1000, hooks: { beforeError } });
      const call = outcomeOf(api.get(at));
      return Promise.race([call, new Promise((resolve) => setTimeout(resolve, 4000, 'it hangs'))]);
    },
    shows: { ky: 'it hangs', holdfast: 'TimeoutError' },
  },
];
