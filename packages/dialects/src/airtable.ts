import type { Dialect } from '@holdfast/core';

/** Airtable: the wait of 30 s after a 429 is only in its documentation. */
export function airtable(): Dialect {
  return { name: 'airtable', wait: [{ ms: 30_000, when: { status: 429 } }] };
}
