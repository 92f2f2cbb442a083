import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, World } from '../job.ts';

const versions = ['5.0.4', '5.4.5', '5.7.3', '5.9.3', '6.0.3', '7.0.2'];
/** The versions that are tried in all modes. The others are tried in two. */
const inAllModes: readonly string[] = ['5.7.3', '5.9.3', '7.0.2'];
/** The declarations name `Uint8Array<ArrayBuffer>`, which older compilers do not know. */
const checksLibs = (version: string): boolean => Number(version.slice(0, 3)) >= 5.7;

const esm = { target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], types: [] };
const projects: Readonly<Record<string, object>> = {
  node16: { ...esm, module: 'node16' },
  nodenext: { ...esm, module: 'nodenext' },
  bundler: { ...esm, module: 'esnext', moduleResolution: 'bundler' },
  'es2022 and @types/node': { ...esm, module: 'nodenext', lib: ['es2022'], types: ['node'] },
};

export const typescript: Job = {
  name: 'typescript',
  title: 'TypeScript',
  packages: {
    ...Object.fromEntries(versions.map((version) => [alias(version), `npm:typescript@${version}`])),
    '@types/node': '26.6.6',
  },
  shown: [],
  note: `${versions.join(', ')}; ${inAllModes.join(', ')} in all modes, the others with \`nodenext\` and classic CommonJS`,
  async run(world) {
    const failed: Record<string, string> = {};
    for (const version of versions) {
      for (const [name, options] of Object.entries(projects)) {
        if (name !== 'nodenext' && !inAllModes.includes(version)) continue;
        await compile(world, failed, version, name, options);
      }
      await compile(world, failed, version, 'classic commonjs', classic(version));
    }
    const of = (isIn: (version: string) => boolean): object =>
      Object.fromEntries(Object.entries(failed).filter(([key]) => isIn(key)));
    const modes =
      '`node16`, `nodenext`, `bundler`, classic CommonJS (`module: commonjs`), `lib: es2022` with `@types/node`';
    world.holds(`5.7 and newer, \`skipLibCheck: false\`, strict: ${modes}`, of(checksLibs), {});
    world.holds(
      '5.0 to 5.4: the same with `skipLibCheck: true`',
      of((version) => !checksLibs(version)),
      {},
    );
    await runAsCommonJs(world);
  },
};

function alias(version: string): string {
  return `typescript-${version}`;
}

/** Node's module resolution before `exports`, if the compiler still has it. */
function classic(version: string): object {
  const old = { moduleResolution: 'node10', ignoreDeprecations: version.startsWith('6') ? '6.0' : '5.0' };
  return { ...esm, module: 'commonjs', ...(version.startsWith('7') ? { moduleResolution: 'bundler' } : old) };
}

async function compile(
  { folder, command }: World,
  failed: Record<string, string>,
  version: string,
  name: string,
  options: object,
): Promise<void> {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true };
  const compilerOptions = {
    ...strict,
    ...options,
    skipLibCheck: !checksLibs(version),
    typeRoots: ['node_modules/@types'],
  };
  const file = join(folder, 'tsconfig.json');
  writeFileSync(file, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  try {
    await command([
      'node',
      `node_modules/${alias(version)}/${version.startsWith('7') ? 'bin/tsc' : 'lib/tsc.js'}`,
      '-p',
      file,
    ]);
  } catch (error) {
    failed[`${version} ${name}`] = (error as Error).message.slice(0, 600);
  }
}

/** Compiles to `require('holdfast')`, which needs a Node that can require ES modules. */
async function runAsCommonJs({ folder, command, server, holds }: World): Promise<void> {
  const output = join(folder, 'commonjs');
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'package.json'), '{ "type": "commonjs" }');
  const options = {
    ...classic('5.9.3'),
    lib: ['es2022'],
    types: ['node'],
    strict: true,
    outDir: 'commonjs',
    rootDir: '.',
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['call.ts'] }));
  await command(['node', `node_modules/${alias('5.9.3')}/lib/tsc.js`, '-p', 'tsconfig.json']);
  const said = await command(['node', 'commonjs/call.js', `${server.url}?key=commonjs&fail=1`]);
  holds(
    'compiled to CommonJS, `require("holdfast")` works on Node',
    [said.trim(), server.count('commonjs')],
    ['id 42', 2],
  );
}
