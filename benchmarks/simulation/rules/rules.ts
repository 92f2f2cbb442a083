import type { Rule } from '../world.ts';
import * as breakers from './breakers.ts';
import * as budgets from './budgets.ts';
import * as clients from './clients.ts';
import { holdfast } from './holdfast.ts';
import { oracle } from './oracle.ts';

/** All rules that are compared. */
export const rules: readonly Rule[] = [
  oracle,
  ...Object.values(clients),
  ...Object.values(budgets),
  ...Object.values(breakers),
  holdfast,
];
