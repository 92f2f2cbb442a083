import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { undiciTransport } from '@holdfast/undici';
import { createResilientClient } from 'holdfast';
import { onTestFinished, test } from 'vitest';
import { serve } from './support/world.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test.for([
  ['that was not touched', () => undefined],
  ['that is not read further', ({ body }) => void body?.getReader().read()],
] as [string, (response: Response) => void][])(
  'a body %s releases its connection when it is garbage-collected',
  async ([, look]) => {
    const api = createResilientClient({ transport: undiciTransport(), rateLimit: false });
    onTestFinished(() => api.close());
    const gone = new Promise<void>((resolve) => {
      void serve((_incoming, response) => {
        response.once('close', resolve);
        response.write('x'.repeat(10_000_000));
      }).then(async ({ origin }) => look(await api.fetch(origin)));
    });
    const collecting = setInterval(gc, 20);
    onTestFinished(() => clearInterval(collecting));
    await gone;
  },
);
