import { stripVTControlCharacters, styleText } from 'node:util';

/** Colours are only used on a terminal that accepts them. */
const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];

export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return coloured ? styleText(style, text, { validateStream: false }) : text;
}

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
