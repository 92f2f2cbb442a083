import type { CountingServer } from './counting-server.ts';

/** One environment: the packages to install, and what to try. */
export interface Job {
  /** The name of the check, of the folder under `.cache/runtimes`, and of the result. */
  readonly name: string;
  /** The name that `docs/runtimes.md` uses. */
  readonly title: string;
  /** npm packages to install beside the tarballs, each with its exact version. */
  readonly packages: Readonly<Record<string, string>>;
  /** The folder of the fixtures. @defaultValue the job's name */
  readonly fixtures?: string;
  /** The packages whose versions the page shows; by default all of them. */
  readonly shown?: readonly string[];
  /** A remark above the table's claims, such as that an environment is emulated. */
  readonly note?: string;
  readonly run: (world: World) => Promise<void>;
}

/** What a job works with. */
export interface World {
  /** An npm project with the tarballs, the packages and the job's fixtures. */
  readonly folder: string;
  readonly server: CountingServer;
  /** Runs a command in the folder and returns its output. @throws an error with the output if the command fails */
  command(command: readonly string[], options?: CommandOptions): Promise<string>;
  /** Records a claim of the page that must hold: it does if `seen` equals `expected`. */
  holds(claim: string, seen: unknown, expected: unknown): void;
  /**
   * Records a limitation that the page states. `seen` must show it, so that a limitation that has disappeared is noticed.
   */
  limit(claim: string, seen: unknown, expected: unknown): void;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The command may fail; its output is returned all the same. */
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

/** The content of `.cache/runtimes/<name>.json`. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly versions: readonly string[];
  readonly note?: string;
  readonly facts: readonly Fact[];
}
