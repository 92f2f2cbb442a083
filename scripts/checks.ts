// All checks, in the order in which they get a free place: long-running checks, and those that others need, come first.
// `npm test` must finish within three minutes on two cores. A check that takes longer, or needs a quiet machine, is
// marked `isLong`.

import { availableParallelism } from 'node:os';
import { canInstall, findChromium, hasRedis } from './lib/machine.ts';
import { readTarballs } from './lib/packages.ts';
import { jobs } from './runtimes/jobs.ts';

type Command = readonly string[];

/** One line of `npm test` or `npm run test:long`: commands that must all succeed. */
export interface Check {
  readonly name: string;
  readonly about: string;
  /** Runs in `npm run test:long`; `npm test` runs it only when it is named. */
  readonly isLong?: boolean;
  /** Checks that must have passed before this one starts. */
  readonly needs?: readonly string[];
  /** Checks that must have ended before this one starts, passed or failed. */
  readonly after?: readonly string[];
  readonly commands: () => readonly Command[];
  readonly env?: Readonly<Record<string, string>>;
  /** Its output is worth reading even when it passes. */
  readonly reports?: boolean;
  /** Flags of `npm test` that are passed on to the commands. */
  readonly flags?: readonly string[];
  /** The time limit of each command. @defaultValue fifteen minutes */
  readonly limitMs?: number;
  /** Why the check can't run on this machine, and how to change that. */
  readonly hindrance?: () => string | undefined;
}

export const checks: readonly Check[] = [
  {
    name: 'build',
    about: 'modules and declarations, from nothing, and the bundles for Node',
    commands: () => [
      ['node', 'scripts/checks/clean.ts'],
      ['tsc', '-b', 'tsconfig.build.json'],
      ['node', '--conditions=@holdfast/source', 'scripts/bundle.ts'],
    ],
  },
  {
    name: 'machine',
    about: 'a browser and a Redis, installed where that is possible',
    commands: () => (canInstall() ? [['bash', 'scripts/setup-debian.sh']] : []),
  },
  {
    name: 'browser',
    about: 'tests in Chromium',
    needs: ['machine'],
    hindrance: () =>
      findChromium() === undefined
        ? 'No Chromium found. Install it (Debian: `sudo scripts/setup-debian.sh`), or set CHROMIUM_PATH to one.'
        : undefined,
    commands: () => [['vitest', 'run', '--project', 'browser']],
  },
  {
    name: 'redis',
    about: 'tests with a real Redis',
    needs: ['machine'],
    hindrance: noRedis,
    commands: () => [['vitest', 'run', '--project', 'redis']],
  },
  {
    name: 'redis-long',
    isLong: true,
    about: 'limits of real time that processes share over a real Redis',
    needs: ['machine'],
    hindrance: noRedis,
    commands: () => [['vitest', 'run', '--project', 'redis-long']],
  },
  {
    name: 'ky',
    // The check `unit` runs this as well.
    isLong: true,
    about: 'what differs from ky, as docs/ky.md says (rewrite the table: npm test -- ky --update)',
    commands: () => [['vitest', 'run', '--project', 'node', 'packages/client/test/ky-differences']],
    flags: ['--update'],
  },
  {
    name: 'hostile',
    isLong: true,
    about: 'network faults and their results (rewrite the table: npm test -- hostile --update)',
    commands: () => [['vitest', 'run', '--project', 'hostile', '--reporter', 'dot']],
    flags: ['--update'],
    reports: true,
  },
  {
    name: 'soak',
    isLong: true,
    about: 'two hundred calls at a time on a hostile network, for a minute or HOLDFAST_SOAK_SECONDS',
    // The soak fails on a machine without free CPU, so it does not run beside this check.
    after: ['redis-long'],
    commands: () => [['node', '--expose-gc', '--conditions=@holdfast/source', 'test/soak/main.ts']],
    limitMs: (Number(process.env['HOLDFAST_SOAK_SECONDS'] || 60) + 300) * 1000,
    reports: true,
  },
  {
    name: 'pack',
    about: 'packed as for publishing',
    needs: ['build'],
    commands: () => [['node', 'scripts/checks/pack.ts']],
  },
  {
    name: 'smoke',
    isLong: true,
    about: 'the tarballs in an empty project: a call on Node 22, 24 and 26, and its types',
    needs: ['pack'],
    commands: () => [['node', 'scripts/checks/smoke.ts']],
  },
  ...jobs.map(({ name, title }) => ({
    name,
    isLong: true,
    about: `the tarballs on ${title}`,
    needs: ['pack'],
    commands: () => [['node', 'scripts/checks/runtime.ts', name]],
  })),
  {
    name: 'runtimes',
    isLong: true,
    about: 'docs/runtimes.md is what was found there (rewrite it: npm test -- runtimes --update)',
    after: jobs.map(({ name }) => name),
    commands: () => [['node', 'scripts/checks/runtimes.ts']],
    flags: ['--update'],
  },
  {
    name: 'unit',
    about: 'unit and integration tests',
    // On two cores, vitest would use only one by default.
    commands: () => [
      ['vitest', 'run', '--project', 'node', '--maxWorkers', String(Math.max(2, availableParallelism() - 1))],
    ],
  },
  {
    name: 'unit-tz',
    about: 'unit tests that name a date, in New York',
    isLong: true,
    commands: () => [['vitest', 'run', '--project', 'dated']],
    env: { TZ: 'America/New_York' },
  },
  {
    name: 'unit-long',
    about: 'unit tests that take long: the goals of the simulation, what thousands of calls leave behind',
    isLong: true,
    commands: () => [['vitest', 'run', '--project', 'long']],
  },
  {
    name: 'snippets',
    about: 'code in the docs: compiled and run',
    needs: ['build'],
    commands: () => [['node', 'scripts/checks/snippets.ts']],
  },
  {
    name: 'examples',
    about: 'each example prints what it should',
    needs: ['machine'],
    commands: () => [['node', 'scripts/checks/examples.ts']],
  },
  {
    name: 'comparison',
    isLong: true,
    about: 'docs/comparison.md is what is measured now (rewrite it: npm test -- comparison --update)',
    commands: () => [['node', '--conditions=@holdfast/source', 'comparison/main.ts']],
    flags: ['--update'],
  },
  {
    name: 'attw',
    isLong: true,
    about: 'types of the tarballs resolve',
    needs: ['pack'],
    commands: () => readTarballs().map((tarball) => ['attw', tarball, '--profile', 'esm-only']),
  },
  {
    name: 'publint',
    about: 'the tarballs are fit for npm',
    needs: ['pack'],
    commands: () => readTarballs().map((tarball) => ['publint', tarball, '--strict']),
  },
  {
    name: 'api',
    about: 'the public API is as in docs/api (rewrite it: npm test -- api --update)',
    needs: ['build'],
    commands: () => [['node', 'scripts/checks/api.ts']],
    flags: ['--update'],
  },
  {
    name: 'size',
    about: 'what a page has to load: not too much, and nothing of Node’s (write the limits into the docs: --update)',
    needs: ['build'],
    reports: true,
    commands: () => [['node', 'scripts/checks/size.ts']],
    flags: ['--update'],
  },
  {
    name: 'bench',
    isLong: true,
    about: 'a call costs less than twice what it did (rewrite the figures: npm run bench -- all --write)',
    needs: ['build'],
    reports: true,
    commands: () => [['node', 'benchmarks/main.ts', '--guard']],
  },
  { name: 'knip', about: 'nothing is dead', commands: () => [['knip']] },
  { name: 'types', about: 'strict types: source, tests, examples, scripts', commands: () => [['tsc', '-p', '.']] },
  { name: 'lint', about: 'format and lint', commands: () => [['biome', 'check', '--error-on-warnings']] },
  {
    name: 'words',
    about: 'plain English: words that texts must not use',
    commands: () => [['node', 'scripts/checks/words.ts']],
  },
  {
    name: 'imports',
    about: 'which file may import which; no circle, short files, each vendor named in one place',
    commands: () => [
      ['node', 'scripts/checks/imports.ts'],
      ['node', 'scripts/checks/house.ts'],
    ],
  },
];

function noRedis(): string | undefined {
  return hasRedis() ? undefined : 'No redis-server found. Install it (Debian: `sudo scripts/setup-debian.sh`).';
}
