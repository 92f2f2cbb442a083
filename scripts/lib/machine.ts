import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where the browser for the browser tests is, if there is one. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path !== undefined && existsSync(path));
}

/** True where the tests that need a Redis can start one. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** True where `scripts/setup-debian.sh` can install both. */
export function canInstall(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}
