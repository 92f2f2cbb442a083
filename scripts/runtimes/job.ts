import type { CountingServer } from './counting-server.ts';

/** One environment: what has to be installed there, and what is tried. */
export interface Job {
  /** Names the check, the folder under `.cache/runtimes`, and the result. */
  readonly name: string;
  /** As `docs/runtimes.md` calls it. */
  readonly title: string;
  /** npm packages beside the tarballs, each with its exact version. */
  readonly packages: Readonly<Record<string, string>>;
  /** The folder of its fixtures. @defaultValue the job's name */
  readonly fixtures?: string;
  /** The versions that the page names; by default all packages. */
  readonly shown?: readonly string[];
  /** What is said before the table's claims: an environment that is emulated, for example. */
  readonly note?: string;
  readonly run: (world: World) => Promise<void>;
}

/** What a job works with. */
export interface World {
  /** An npm project with the tarballs, the packages and the job's fixtures. */
  readonly folder: string;
  readonly server: CountingServer;
  /** Runs a command in the folder; its output where it succeeds. @throws with the output where it fails. */
  command(command: readonly string[], options?: CommandOptions): Promise<string>;
  /** The page says that this holds, which is so if what was seen equals what was expected. */
  holds(claim: string, seen: unknown, expected: unknown): void;
  /** The page says that this does not hold. What was seen has to be what the claim says: a cured limit is noticed. */
  limit(claim: string, seen: unknown, expected: unknown): void;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The command may fail: its output is given all the same. */
  readonly mayFail?: boolean;
  readonly cwd?: string;
}

/** One statement about an environment. */
export interface Fact {
  readonly claim: string;
  readonly kind: 'holds' | 'limit';
  readonly isAsExpected: boolean;
  readonly seen: unknown;
  readonly expected: unknown;
}

/** What a job leaves in `.cache/runtimes/<name>.json`. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly versions: readonly string[];
  readonly note?: string;
  readonly facts: readonly Fact[];
}
