// Prints the imports between folders: floors, arrows, circles. `npm run map -- core client` prints only those packages.

import { circlesIn, fileGraph, floorsOf, folderGraph, type Graph, readSources } from './lib/import-graph.ts';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const sources = readSources();
const names = [...new Set(sources.map((source) => source.package))];
for (const name of names.filter((one) => wanted.length === 0 || wanted.includes(one))) printPackage(name);
const circles = circlesIn(fileGraph(sources));
console.log(
  `Circles between files: ${circles.length === 0 ? 'none' : circles.map((one) => one.join(' ⇄ ')).join('; ')}`,
);

function printPackage(name: string): void {
  const own = sources.filter((source) => source.package === name);
  const graph = folderGraph(own);
  const floors = floorsOf(graph);
  const lines = own.reduce((sum, file) => sum + file.lines, 0);
  console.log(`\npackages/${name}/src: ${own.length} files, ${lines} lines`);
  for (let floor = Math.max(...floors.values()); floor > 0; floor--) {
    const places = [...floors].filter(([, at]) => at === floor).map(([place]) => place);
    for (const place of places.sort()) console.log(row(floor, place, graph));
  }
  const circles = circlesIn(graph);
  const found = circles.map((circle) => circle.join(' ⇄ ')).join('; ');
  console.log(`  circles between folders: ${found === '' ? 'none' : found}`);
}

/** Formats a line such as `  4  retry/ (12 files)  → policy/, time/`. */
function row(floor: number, place: string, graph: Graph): string {
  const below = graph.get(place) ?? [];
  return `  ${String(floor).padStart(2)}  ${place.padEnd(22)}${below.length === 0 ? '' : ` → ${below.join(', ')}`}`;
}
