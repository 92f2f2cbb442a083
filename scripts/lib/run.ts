import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The top folder of the repository. */
export const root: string = join(import.meta.dirname, '../..');

/** How a command ended, with its whole output. */
export interface Ended {
  readonly ok: boolean;
  /** `null` if the command was stopped or could not be started. */
  readonly code: number | null;
  readonly output: string;
}

/** The exit code of a check that can't run here and has printed the reason. */
export const skipped = 77;

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
}

/** Commands that are still running. Each leads its own process group, so that its children end with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach(kill));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/**
 * Runs a command with the repository's own tools and Node first in its PATH, and returns its output. The promise never
 * rejects: a command that can't be started, or takes too long, counts as failed.
 */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd = root, env = {}, limitMs = 900_000 } = options;
  const [file = '', ...args] = command;
  const PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      detached: true,
      // Hundreds of processes load the same sources; so each needs half of the CPU for that.
      env: { ...process.env, PATH, NO_COLOR: '1', NODE_COMPILE_CACHE: join(root, '.cache/compiled'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    const timer = setTimeout(() => {
      output += `\nStopped: not done after ${limitMs / 1000} s\n`;
      kill(child);
    }, limitMs);
    const end = (code: number | null): void => {
      const ok = code === 0;
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok, code, output: ok ? output : `$ ${command.join(' ')}\n${output}` });
    };
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', end);
  });
}

function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The process has already ended.
  }
}
