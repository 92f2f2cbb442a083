// Checks what ARCHITECTURE.md says about files: each file that it names exists, and the path of one call is as short as
// it says.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.ts';

const page = 'ARCHITECTURE.md';
/** Between these two marks, the page links each file that hands the call on or decides about it. */
const way = /<!-- the way of a call -->\n([\s\S]*?)<!-- end of the way -->/;
const mostFiles = 20;
/** Comments and blank lines are not counted. */
const mostLines = 2200;

/** The statements that are not true, one line each. */
export function documentedProblems(): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const missing = linksIn(text).filter((file) => !existsSync(join(root, file)));
  const files = new Set(linksIn(way.exec(text)?.[1] ?? ''));
  const lines = [...files].filter((file) => !missing.includes(file)).reduce((sum, file) => sum + linesOfCode(file), 0);
  return [
    ...missing.map((file) => `${page}: names ${file}, which does not exist`),
    ...(files.size === 0 ? [`${page}: does not list the files of one call`] : []),
    ...(files.size > mostFiles ? [`${page}: lists ${files.size} files of one call; more than ${mostFiles}`] : []),
    ...(lines > mostLines
      ? [`${page}: the files of one call have ${lines} lines of code; more than ${mostLines}`]
      : []),
  ];
}

function linksIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(((?:packages|scripts|docs|examples)\/[^)#\s]+)/g)].map(([, file]) => String(file));
}

function linesOfCode(file: string): number {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line)).length;
}
