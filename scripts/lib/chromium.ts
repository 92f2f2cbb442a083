import { existsSync } from 'node:fs';

/** Where the browser for the browser tests is, if there is one. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path !== undefined && existsSync(path));
}

/** True where `scripts/setup-debian.sh` can install it. */
export function canInstallChromium(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}
