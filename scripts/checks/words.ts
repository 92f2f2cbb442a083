// Keeps the project's texts in plain English: comments, messages, test titles and documents name their subjects and use
// the words of docs/glossary.md. Words in double quotes or in code are quotations, so the rules do not apply to them.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/run.ts';

/** Patterns that a text must not contain, and the remedy for each. */
const rules: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/\b(?:whoever|whom|whomever)\b/gi, 'name the subject'],
  [/\b(?:[Ss]ome|[Nn]o|[Aa]ny|[Ee]very)body\b/g, 'name the subject: the caller, the server, no call'],
  [
    /(?:^\W*|[.:;] )Who (?:asks|comes|waits|calls|leaves|makes|has|needs|wants|reads)\b(?![^.]*\?)/g,
    'name the subject',
  ],
  [/\bwhatever (?:asks|comes|waits)\b/gi, 'name the subject'],
  [/\bso (?:many|long|much|few|often as|large a)\b/gi, 'write "at most this many", "for this time"'],
  [/\banew\b/gi, 'write "again", or "a new …"'],
  [/\band (?:its|their) kin\b/gi, 'write "and similar …"'],
  [/\bc[oa]mes? to nothing\b/gi, 'write "fails"'],
  [/\b(?:of its own accord|of their own accord)\b/gi, 'write "by itself"'],
  [/\bcan not\b/gi, 'write "cannot"'],
  [/\b(?:thereof|hitherto|errands?|shelf|shelves|riders?|aught)\b/gi, 'use the words of docs/glossary.md'],
];

const listed = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs', '*.js', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});
// Git also lists a file that was removed but not committed.
const isText = (name: string): boolean =>
  name !== '' && !import.meta.filename.endsWith(name) && existsSync(join(root, name));
for (const file of listed.split('\n').filter(isText)) {
  for (const [index, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    for (const [pattern, remedy] of rules) {
      for (const [word] of withoutQuotations(line).matchAll(pattern)) {
        console.log(`${file}:${index + 1}: "${word.trim()}": ${remedy}`);
        process.exitCode = 1;
      }
    }
  }
}

/** In a text, code has a backquote on both sides and no placeholder. */
function withoutQuotations(line: string): string {
  return line.replace(/"[^"]*"|“[^”]*”|`[^`$ ]*`/g, '""');
}
