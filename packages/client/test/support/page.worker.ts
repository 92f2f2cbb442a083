import { createResilientClient } from 'holdfast';

/** A web worker that makes one call that may be retried and one that CORS forbids, and reports the results. */
addEventListener('message', async ({ data: [flaky, forbidden] }: MessageEvent<readonly [string, string]>) => {
  const api = createResilientClient({ random: () => 0 });
  const reasons: string[] = [];
  api.on('retry.scheduled', ({ decision }) => reasons.push(decision.reason));
  const { method } = await api.get(flaky).json<{ method: string }>();
  const error = await api.get(forbidden, { retry: 0 }).then(String, (reason: Error) => reason.message);
  await api.close();
  postMessage({ method, reasons, error });
});
