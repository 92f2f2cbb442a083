import { checkDialects } from '@holdfast/core/internal';
import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';

/** `dialect`. */
export const dialects: Feature = { name: 'dialects', brings: { checkDialects } satisfies Brings['dialects'] };
