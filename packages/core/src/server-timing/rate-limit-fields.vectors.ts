/*
 * Every `RateLimit` and `RateLimit-Policy` line in the source of draft-ietf-httpapi-ratelimit-headers (the repository
 * ietf-wg-httpapi/ratelimit-headers at 0669b82, IETF Trust's Legal Provisions; code components: Revised BSD License),
 * with its meaning: for each item its name, and the parameters that we read.
 */

type Item = readonly [name: string, params: Readonly<Record<string, number | string>>];

/** `RateLimit`: r remain, for the next t seconds. */
export const rateLimitLines: readonly (readonly [text: string, items: readonly Item[]])[] = [
  ['"default";r=50;t=30', [['default', { r: 50, t: 30 }]]],
  ['"default";r=999;pk=:dHJpYWwxMjEzMjM=:', [['default', { r: 999 }]]],
  ['"default";r=300000000;t=60;pk=:QXBwLTk5OQ==:', [['default', { r: 300000000, t: 60 }]]],
  ['"problemPolicy";r=0;t=10', [['problemPolicy', { r: 0, t: 10 }]]],
  ['"default";r=1;t=7', [['default', { r: 1, t: 7 }]]],
  ['"daily";r=1;t=36400', [['daily', { r: 1, t: 36400 }]]],
  ['"somepolicy";r=10000;t=10', [['somepolicy', { r: 10000, t: 10 }]]],
  ['"default";r=0;t=50', [['default', { r: 0, t: 50 }]]],
  ['"default";r=0;t=48', [['default', { r: 0, t: 48 }]]],
  ['"dayLimit";r=100;t=36000', [['dayLimit', { r: 100, t: 36000 }]]],
  ['"basic";r=60;t=58', [['basic', { r: 60, t: 58 }]]],
  ['"basic";r=20;t=56', [['basic', { r: 20, t: 56 }]]],
  ['"default";r=0;t=5', [['default', { r: 0, t: 5 }]]],
  ['"fixedwindow";r=99;t=50', [['fixedwindow', { r: 99, t: 50 }]]],
  ['"dynamic";r=9;t=50', [['dynamic', { r: 9, t: 50 }]]],
  ['"dynamic";r=0;t=20', [['dynamic', { r: 0, t: 20 }]]],
  ['"dynamic";r=15;t=40', [['dynamic', { r: 15, t: 40 }]]],
  ['quota;t=1', [['quota', { t: 1 }]]],
  ['"day";r=100;t=36000', [['day', { r: 100, t: 36000 }]]],
  ['"default";r=50;t=60', [['default', { r: 50, t: 60 }]]],
  ['"sliding";r=50;t=44', [['sliding', { r: 50, t: 44 }]]],
  ['"sliding";q=12;r=6;t=1', [['sliding', { q: 12, r: 6, t: 1 }]]],
  ['"sliding";q=12;r=1;t=1', [['sliding', { q: 12, r: 1, t: 1 }]]],
];

/** `RateLimit-Policy`: q of the unit qu. */
export const rateLimitPolicyLines: readonly (readonly [text: string, items: readonly Item[]])[] = [
  [
    '"burst";q=100;w=60,"daily";q=1000;w=86400',
    [
      ['burst', { q: 100 }],
      ['daily', { q: 1000 }],
    ],
  ],
  ['"default";q=100;w=10', [['default', { q: 100 }]]],
  [
    '"permin";q=50;w=60,"perhr";q=1000;w=3600',
    [
      ['permin', { q: 50 }],
      ['perhr', { q: 1000 }],
    ],
  ],
  ['"peruser";q=100;w=60;pk=:cHsdsRa894==:', [['peruser', { q: 100 }]]],
  ['"peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:', [['peruser', { q: 65535, qu: 'content-bytes' }]]],
  ['"somepolicy";q=10000;w=1000', [['somepolicy', { q: 10000 }]]],
  ['"basic";q=100;w=60', [['basic', { q: 100 }]]],
  ['"fixedwindow";q=100;w=60', [['fixedwindow', { q: 100 }]]],
  ['"dynamic";q=100;w=60', [['dynamic', { q: 100 }]]],
  ['"dynamic";q=15;w=20', [['dynamic', { q: 15 }]]],
  ['quota;q=100;w=1', [['quota', { q: 100 }]]],
  ['quota;q=10', [['quota', { q: 10 }]]],
  [
    '"hour";q=1000;w=3600, "day";q=5000;w=86400',
    [
      ['hour', { q: 1000 }],
      ['day', { q: 5000 }],
    ],
  ],
  ['"sliding";q=100;w=60;burst=1000', [['sliding', { q: 100 }]]],
  ['"fixed";q=5000;w=3600;burst=0', [['fixed', { q: 5000 }]]],
  ['"sliding";q=12;w=1', [['sliding', { q: 12 }]]],
];
