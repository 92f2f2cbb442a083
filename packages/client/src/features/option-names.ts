import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';
import { checkNames } from '../options/check-names.ts';

/** Names of options that are misspelt, or another library's, are refused. Without it they go on to ky and fetch. */
export const optionNames: Feature = { name: 'optionNames', brings: { checkNames } satisfies Brings['optionNames'] };
