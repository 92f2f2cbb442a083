import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The path of the browser for the browser tests, if one is installed. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path !== undefined && existsSync(path));
}

/** True if the tests that need Redis can start a server. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** True if `scripts/setup-debian.sh` can install both. */
export function canInstall(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}
