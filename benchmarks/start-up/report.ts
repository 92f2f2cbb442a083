import { barChart } from '../lib/chart.ts';
import { machineFacts } from '../lib/machine-facts.ts';
import { table, writeBlock, writeText } from '../lib/write.ts';
import type { StartUp } from './start-up.ts';

type Results = Readonly<Record<string, StartUp>>;

export function describeStartUp(results: Results): string {
  const rows = Object.entries(results).map(([name, { bytes, allBytes, importMs, importCpuMs }]) => [
    name,
    bytes === undefined ? 'Node only' : kb(bytes),
    allBytes === undefined || allBytes === bytes ? '' : kb(allBytes),
    importMs.toFixed(0),
    importCpuMs.toFixed(0),
  ]);
  const head = [
    '',
    'for a page, min + gzip, kB',
    'with all that comes later',
    'import in Node, ms',
    'import in Node, CPU ms',
  ];
  return `# Size and start-up\n\nMeasured ${machineFacts()}. Rewritten by \`npm run bench -- start-up --write\`.\n\n${table(head, rows)}\n`;
}

export function writeStartUp(results: Results): void {
  writeText('benchmarks/results/start-up.md', describeStartUp(results));
  writeBlock('docs/performance.md', 'import', describeImports(results));
  const sizes = Object.entries(results).flatMap(([name, { bytes }]) =>
    bytes === undefined ? [] : [{ name, value: bytes / 1000 }],
  );
  writeText('docs/performance/size.svg', barChart('What a page loads, minified and gzipped', sizes, ' kB'));
  const times = Object.entries(results).map(([name, { importMs }]) => ({ name, value: importMs }));
  writeText('docs/performance/import.svg', barChart('Import in a fresh Node process', times, ' ms', 0));
}

/** CPU time of the import, beside the libraries that users compare it with most. */
function describeImports(results: Results): string {
  const ky = results['ky']?.importCpuMs ?? Number.NaN;
  const rows = ['ky', 'Holdfast', 'got', 'axios + axios-retry', 'ofetch'].flatMap((name) => {
    const { importCpuMs } = results[name] ?? {};
    return importCpuMs === undefined ? [] : [[name, `${importCpuMs.toFixed(0)} ms`, (importCpuMs / ky).toFixed(2)]];
  });
  return table(['', 'CPU of the import', '÷ ky'], rows);
}

function kb(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
