import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a Redis that cannot be reached keeps no process alive', () => {
  const code = `
    import { circuitBreaker } from '@holdfast/circuit-breaker';
    circuitBreaker({ redis: 'redis://127.0.0.1:1' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log('done');`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@holdfast/source', '--input-type=module', '--eval', code],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', timeout: 100_000 },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
});
