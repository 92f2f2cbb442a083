import { checkDialects } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

/** `dialect`. */
export const dialects: Feature = { name: 'dialects', brings: { checkDialects } };
