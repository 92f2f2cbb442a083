import fc from 'fast-check';

/** All the headers that report waits and quotas, for property tests. */
const names = [
  'Date',
  'retry-after-ms',
  'x-ms-retry-after-ms',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Retry-After',
  'X-RateLimit-Reset-After',
  'X-RateLimit-Reset',
  'X-Rate-Limit-Limit',
  'X-Rate-Limit-Remaining',
  'X-Rate-Limit-Reset',
];

/** Everything that a header may hold, from noise to what is nearly or fully right. */
const values = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  fc.stringMatching(/^[-+]?\d{0,30}\.?\d{0,30}(e\d\d?)?$/),
  fc.double().map(String),
  fc.stringMatching(/^(\d{1,5}(\.\d{1,5})?(h|m|s|ms)){0,4}$/),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.stringMatching(/^(Mon|Tue), \d\d (Jan|Feb) \d{4} [0-2]\d:[0-6]\d:[0-6]\d GMT$/),
  fc.stringMatching(/^"[a-c]";r=-?[0-2];t=\d{1,16}(, ?"[a-c]";[qrt]=[0-3.]{1,3}(;t=\d)?){0,3}$/),
  fc.stringMatching(/^"[a-c]";q=\d{1,16}(;qu="(requests|bytes)")?;w=\d+$/),
  fc.stringMatching(/^limit=\d{1,3}, ?remaining=[0-2], ?reset=-?\d{1,17}$/),
);

/** Some of those headers, holding anything. */
export const anyHeaders: fc.Arbitrary<Headers> = fc
  .array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 8 })
  .map((entries) => new Headers(entries));
