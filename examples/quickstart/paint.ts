import { stripVTControlCharacters, styleText } from 'node:util';

/** Uses colours only on a terminal that supports them. */
const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];

export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return coloured ? styleText(style, text, { validateStream: false }) : text;
}

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
