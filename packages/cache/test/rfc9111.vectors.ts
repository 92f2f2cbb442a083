/**
 * What RFC 9111 demands of a cache that is private to one client, section by section: what the server answers, what the
 * client requests, and where each answer must come from.
 */
export interface CacheCase {
  readonly section: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

export type Fields = Readonly<Record<string, string>>;

/** One request, and the answer that it must get. */
export interface Step {
  /** The request follows the last one after this many seconds. */
  readonly after?: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Fields;
  readonly cache?: RequestCache;
  /** Retries are off. */
  readonly isFinal?: true;
  /** The server's answer, if it is asked. The body is the number of the request. */
  readonly answers?: Answers | ((date: DateOf) => Answers);
  /**
   * Whether the answer comes from the server, from the cache without a request, or from the cache after the server was
   * asked.
   */
  readonly from: 'server' | 'cache' | 'validated';
  /**
   * The number of the request that the body belongs to, if it is not the last one that the server answered with a body.
   */
  readonly body?: number | '';
  readonly status?: number;
  /** Headers of the answer; `null` for a header that must be absent. */
  readonly has?: Readonly<Record<string, string | null>>;
  /** Headers that the server must see. */
  readonly sends?: Readonly<Record<string, string | null>>;
}

export interface Answers {
  readonly status?: number;
  readonly headers?: Fields;
  /** The connection breaks before the answer. */
  readonly breaks?: true;
}

type DateOf = (seconds: number) => string;

/** The obsolete date formats of RFC 9110, section 5.6.7. */
function spelt(fixdate: string): { readonly rfc850: string; readonly asctime: string } {
  const [, day = '', month = '', year = '', time = ''] = /, (\d\d) (\w+) (\d+) (\S+)/.exec(fixdate) ?? [];
  const weekday = new Date(fixdate).toLocaleDateString('en-GB', { weekday: 'long', timeZone: 'UTC' });
  return {
    rfc850: `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    asctime: `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
  };
}

const from = {
  server: (headers: Fields = {}, more: Omit<Step, 'from' | 'answers'> & { readonly answer?: number } = {}): Step => {
    const { answer = 200, ...step } = more;
    return { ...step, from: 'server', answers: { status: answer, headers } };
  },
  cache: (more: Omit<Step, 'from'> = {}): Step => ({ ...more, from: 'cache' }),
  /** The server is asked, and answers 304. */
  validated: (headers: Fields = {}, more: Omit<Step, 'from' | 'answers'> = {}): Step => ({
    ...{ ...more, from: 'validated', answers: { status: 304, headers } },
  }),
};

const cc = (value: string, more: Fields = {}): Fields => ({ 'cache-control': value, ...more });
const aMinute = cc('max-age=60');
const post = { method: 'POST' };

export const cases: readonly CacheCase[] = [
  // 3. Storing responses
  ...['GET'].map((method) => ({
    section: '3',
    title: `what a ${method} got is kept`,
    steps: [from.server(aMinute, { method }), from.cache({ method })],
  })),
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY', 'M-SEARCH'].map((method) => ({
    section: '3',
    title: `what a ${method} got is not kept`,
    steps: [from.server(aMinute, { method }), from.server(aMinute, { method })],
  })),
  ...[200, 203].map((status) => ({
    section: '3',
    title: `a ${status} is kept`,
    steps: [from.server(aMinute, { answer: status }), from.cache({ status })],
  })),
  {
    section: '3',
    title: 'a 204 is kept, and has no body',
    steps: [from.server(aMinute, { answer: 204, body: '' }), from.cache({ status: 204, body: '' })],
  },
  ...[299, 400, 404, 405, 410, 414, 499, 501].map((status) => ({
    section: '3',
    title: `a ${status} is stored where the server says for how long`,
    steps: [from.server(aMinute, { answer: status }), from.cache({ status, after: 59 }), from.server({}, { after: 1 })],
  })),
  ...[400, 404, 410, 501].map((status) => ({
    section: '4.2.2',
    title: `a ${status} has no heuristic freshness, and no validator makes it worth storing`,
    steps: [
      from.server({ 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT', etag: '"a"' }, { answer: status }),
      from.server({}, { sends: { 'if-none-match': null, 'if-modified-since': null } }),
    ],
  })),
  ...[500, 502, 503, 504].map((status) => ({
    section: '3',
    title: `a ${status} that is stored is given only where the policies would not try again`,
    steps: [
      from.server(aMinute, { answer: status }),
      from.server(aMinute, { answer: status }),
      from.cache({ status, isFinal: true }),
    ],
  })),
  ...[206, 401, 403, 408, 421, 425, 428, 429].map((status) => ({
    section: '3',
    title: `a ${status} is not stored: it speaks of one request`,
    steps: [
      from.server(aMinute, { answer: status, isFinal: true }),
      from.server(aMinute, { answer: status, isFinal: true }),
    ],
  })),
  {
    section: '3',
    title: 'an error that asks for a wait is not stored: the wait is over before it is stale',
    steps: [from.server({ ...aMinute, 'retry-after': '5' }, { answer: 400 }), from.server({})],
  },
  {
    section: '3',
    title: 'an error is not given stale, whatever allows it',
    steps: [
      from.server(cc('max-age=60, stale-if-error=600, stale-while-revalidate=600'), { answer: 404 }),
      from.server({}, { after: 60, headers: cc('max-stale'), answer: 404 }),
    ],
  },
  {
    section: '4.3.3',
    title: 'a failure of the server takes the place of no answer that is stored',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server(aMinute, { after: 60, answer: 503, isFinal: true }),
      from.validated({ etag: '"a"' }, { body: 1 }),
    ],
  },
  ...[301, 302, 303, 307, 308].map((status) => ({
    section: '3',
    title: `a ${status} that the caller follows by hand is stored where the server says for how long`,
    steps: [
      from.server({ ...aMinute, location: '/b' }, { answer: status }),
      from.cache({ status, has: { location: '/b' } }),
    ],
  })),
  {
    section: '5.2.2.3',
    title: 'must-understand: a status that is not understood is not stored',
    steps: [from.server(cc('max-age=60, must-understand'), { answer: 299 }), from.server({})],
  },
  {
    section: '5.2.2.3',
    title: 'must-understand: one that is understood is stored',
    steps: [from.server(cc('max-age=60, must-understand'), { answer: 404 }), from.cache({ status: 404 })],
  },
  {
    section: '3',
    title: 'one that says nothing of freshness, and has no validator, is not kept',
    steps: [from.server(), from.server()],
  },
  {
    section: '3',
    title: 'another path has another answer',
    steps: [from.server(aMinute), from.server({}, { path: '/b' })],
  },
  {
    section: '3',
    title: 'another query has another answer',
    steps: [from.server(aMinute, { path: '/a?b=1' }), from.server({}, { path: '/a?b=2' })],
  },
  {
    section: '3',
    title: 'another fragment has the same',
    steps: [from.server(aMinute, { path: '/a#b' }), from.cache({ path: '/a#c' })],
  },

  // 3.1 Storing header and trailer fields
  {
    section: '3.1',
    title: 'unknown fields are kept',
    steps: [from.server({ ...aMinute, 'x-any': 'thing' }), from.cache({ has: { 'x-any': 'thing' } })],
  },
  {
    section: '3.1',
    title: 'fields of the connection are not, nor those that it names',
    steps: [
      from.server({ ...aMinute, connection: 'x-hop', 'x-hop': '1', 'proxy-authenticate': 'Basic', te: 'gzip' }),
      from.cache({ has: { connection: null, 'x-hop': null, 'proxy-authenticate': null, te: null } }),
    ],
  },

  // 3.2 Updating stored header fields
  {
    section: '3.2',
    title: 'a 304 replaces the fields that it has, brings new ones, and leaves the others',
    steps: [
      from.server(cc('max-age=0', { etag: '"a"', 'x-old': '1', 'x-both': '1' })),
      from.validated(cc('max-age=60', { etag: '"a"', 'x-both': '2', 'x-new': '2' })),
      from.cache({ has: { 'x-old': '1', 'x-both': '2', 'x-new': '2', 'cache-control': 'max-age=60' } }),
    ],
  },
  {
    section: '3.2',
    title: 'what tells of the body is the body that is kept',
    steps: [
      from.server(cc('max-age=0', { etag: '"a"', 'content-type': 'text/plain' })),
      from.validated(cc('max-age=60', { etag: '"a"', 'content-encoding': 'gzip', 'content-range': 'bytes 0-1/2' })),
      from.cache({ has: { 'content-type': 'text/plain', 'content-encoding': null, 'content-range': null } }),
    ],
  },

  // 3.5 Storing responses to authenticated requests
  {
    section: '3.5',
    title: 'what an authenticated request got is kept, since the cache is private',
    steps: [
      from.server(aMinute, { headers: { authorization: 'Bearer a' } }),
      from.cache({ headers: { authorization: 'Bearer a' } }),
    ],
  },
  {
    section: '3.5',
    title: 'and is for no other sender',
    steps: [
      from.server(cc('public, max-age=60'), { headers: { authorization: 'Bearer a' } }),
      from.server(aMinute, { headers: { authorization: 'Bearer b' } }),
      from.server(aMinute),
      from.cache({ headers: { authorization: 'Bearer a' }, body: 1 }),
    ],
  },

  // 4. Constructing responses from caches
  {
    section: '4',
    title: 'a HEAD is answered by what a GET got, without its body',
    steps: [from.server({ ...aMinute, 'x-a': '1' }), from.cache({ method: 'HEAD', body: '', has: { 'x-a': '1' } })],
  },
  {
    section: '4',
    title: 'a GET is not answered by what a HEAD got',
    steps: [from.server(aMinute, { method: 'HEAD', body: '' }), from.server(aMinute)],
  },
  {
    section: '4',
    title: 'an answer from the cache has an Age',
    steps: [from.server(aMinute), from.cache({ after: 7, has: { age: '7' } })],
  },

  // 4.1 Calculating cache keys with the Vary header field
  {
    section: '4.1',
    title: 'the same value of what it varies by has the same answer, another has another',
    steps: [
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '1' } }),
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '2' } }),
      from.cache({ headers: { accept: '1' }, body: 1 }),
      from.cache({ headers: { accept: '2' }, body: 2 }),
    ],
  },
  {
    section: '4.1',
    title: 'a field that is missing is not one that is empty',
    steps: [
      from.server(cc('max-age=60', { vary: 'accept' })),
      from.cache({}),
      from.server({}, { headers: { accept: '' } }),
    ],
  },
  {
    section: '4.1',
    title: 'all fields that it names count, in any case and order',
    steps: [
      from.server(cc('max-age=60', { vary: 'Accept, accept-language' }), {
        headers: { accept: '1', 'accept-language': '1' },
      }),
      from.cache({ headers: { 'accept-language': '1', accept: '1' } }),
      from.server({}, { headers: { accept: '1', 'accept-language': '2' } }),
    ],
  },
  {
    section: '4.1',
    title: 'other fields do not count, if they never say who is asking',
    steps: [
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '1', 'accept-language': '1' } }),
      from.cache({ headers: { accept: '1', 'accept-language': '2' } }),
    ],
  },
  ...['*', 'accept, *', '*, accept'].map((vary) => ({
    section: '4.1',
    title: `Vary: ${vary} never matches`,
    steps: [from.server(cc('max-age=60', { vary })), from.server(cc('max-age=60', { vary }))],
  })),
  {
    section: '4.1',
    title: 'answers to one URL that vary by different fields do not stand in for each other',
    steps: [
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '1' } }),
      from.server(cc('max-age=60', { vary: 'accept-language' }), {
        headers: { accept: '2', 'accept-language': '1' },
      }),
      from.server(cc('max-age=60', { vary: 'accept-language' }), {
        headers: { accept: '2', 'accept-language': '2' },
      }),
      from.cache({ headers: { accept: '2', 'accept-language': '1' }, body: 2 }),
    ],
  },
  {
    section: '4.1',
    title: 'a server that varies by more fields than any request has is not worth storing',
    steps: [
      from.server(cc('max-age=60', { vary: Array.from({ length: 33 }, (_, index) => `x-${index}`).join() })),
      from.server({}),
    ],
  },

  // 4.2.1 Calculating freshness lifetime
  {
    section: '4.2.1',
    title: 'max-age: fresh until then, and no longer',
    steps: [from.server(aMinute), from.cache({ after: 59 }), from.server(aMinute, { after: 1 })],
  },
  {
    section: '4.2.1',
    title: 'max-age goes before Expires',
    steps: [
      { from: 'server', answers: (date) => ({ headers: cc('max-age=60', { expires: date(-100) }) }) },
      from.cache({ after: 59 }),
    ],
  },
  {
    section: '4.2.1',
    title: 'max-age=0 goes before an Expires that is far away',
    steps: [
      { from: 'server', answers: (date) => ({ headers: cc('max-age=0', { expires: date(100), etag: '"a"' }) }) },
      from.validated({ etag: '"a"' }),
    ],
  },
  {
    section: '4.2.1',
    title: 's-maxage is for shared caches',
    steps: [from.server(cc('max-age=60, s-maxage=0')), from.cache({ after: 59 })],
  },
  {
    section: '4.2.1',
    title: 's-maxage alone makes nothing fresh here',
    steps: [from.server(cc('s-maxage=60')), from.server(cc('s-maxage=60'))],
  },
  {
    section: '4.2.1',
    title: 'Expires counts from Date, whatever clock the server has',
    steps: [
      {
        from: 'server',
        answers: (date) => ({ headers: { date: date(1000), expires: date(1060) } }),
      },
      from.cache({ after: 59 }),
      from.server({}, { after: 1 }),
    ],
  },
  ...['0', '-1', 'soon', ''].map((expires) => ({
    section: '4.2.1',
    title: `Expires: ${expires || '(empty)'} is the past`,
    steps: [from.server({ expires, etag: '"a"' }), from.validated({ etag: '"a"' })],
  })),
  {
    section: '4.2.1',
    title: 'Expires in each of the three forms of a date, of which asctime is in UTC',
    steps: [
      { from: 'server', answers: (date) => ({ headers: { expires: spelt(date(60)).rfc850 } }) },
      from.cache({ after: 59 }),
      { after: 1, from: 'server', answers: (date) => ({ headers: { expires: spelt(date(60)).asctime } }) },
      from.cache({ after: 59 }),
      from.server({}, { after: 1 }),
    ],
  },
  ...(
    [
      ['without a comma', (text) => text.replace(',', '')],
      ['with dashes', (text) => text.replace(/(\d\d) (\w{3}) (\d{4})/, '$1-$2-$3')],
      ['with two blanks', (text) => text.replace(', ', ',  ')],
      ['with an hour of one digit', (text) => text.replace(/ \d\d:/, ' 9:')],
      ['in UTC by another name', (text) => text.replace('GMT', 'UTC')],
      ['with a zone', (text) => text.replace('GMT', '+0000')],
      ['in lower case', (text) => text.toLowerCase()],
      ['in ISO 8601', (text) => new Date(text).toISOString()],
      ['with a day that does not exist', (text) => text.replace(/, \d\d/, ', 32')],
      ['twice', (text) => `${text}, ${text}`],
    ] satisfies [string, (text: string) => string][]
  ).map(([how, spoil]) => ({
    section: '4.2.1',
    title: `Expires ${how} is malformed, and so is the past`,
    steps: [
      {
        from: 'server' as const,
        answers: (date: DateOf) => ({ headers: { expires: spoil(date(3600)), etag: '"a"' } }),
      },
      from.validated({ etag: '"a"' }),
    ],
  })),
  {
    section: '4.2.1',
    title: 'a malformed Date is taken for the time of arrival',
    steps: [
      {
        from: 'server',
        answers: (date) => ({ headers: { date: date(-1000).replace('GMT', 'UTC'), expires: date(60) } }),
      },
      from.cache({ after: 59, has: { age: '59' } }),
      from.server({}, { after: 1 }),
    ],
  },
  ...['max-age=', 'max-age=a', 'max-age=-5', 'max-age="x"', 'max-age = 60', 'max-age=1.5e3'].map((value) => ({
    section: '4.2.1',
    title: `${value} can't be read, and so is stale`,
    steps: [from.server(cc(value, { etag: '"a"' })), from.validated({ etag: '"a"' })],
  })),
  ...['MAX-AGE=60', 'max-age="60"', 'max-age=60, max-age=1', 'a="b, max-age=0", max-age=60', ',, max-age=60 ,'].map(
    (value) => ({
      section: '4.2.1',
      title: `${value} is a minute`,
      steps: [from.server(cc(value)), from.cache({ after: 59 })],
    }),
  ),
  {
    section: '1.2.2',
    title: 'a time beyond all bounds is a long one',
    steps: [from.server(cc('max-age=99999999999999999999')), from.cache({ after: 1_000_000_000 })],
  },

  // 4.2.2 Calculating heuristic freshness
  {
    section: '4.2.2',
    title: 'a tenth of the time since it was last modified',
    steps: [
      { from: 'server', answers: (date) => ({ headers: { 'last-modified': date(-1000) } }) },
      from.cache({ after: 99 }),
      from.validated({}, { after: 1 }),
    ],
  },
  {
    section: '4.2.2',
    title: 'nothing where it says something by itself',
    steps: [
      { from: 'server', answers: (date) => ({ headers: cc('max-age=10', { 'last-modified': date(-10_000) }) }) },
      from.validated({}, { after: 10 }),
    ],
  },

  {
    section: '4.2.2',
    title: 'nothing where Last-Modified is malformed',
    steps: [
      { from: 'server', answers: (date) => ({ headers: { 'last-modified': date(-1000).replace('GMT', 'UTC') } }) },
      from.server({}),
    ],
  },

  // 4.2.3 Calculating age
  {
    section: '4.2.3',
    title: 'an Age that it comes with counts',
    steps: [
      from.server(cc('max-age=60', { age: '50' })),
      from.cache({ after: 9, has: { age: '59' } }),
      from.server({}, { after: 1 }),
    ],
  },
  {
    section: '4.2.3',
    title: 'a Date in the past counts where it says more',
    steps: [
      { from: 'server', answers: (date) => ({ headers: cc('max-age=60', { date: date(-50), age: '10' }) }) },
      from.cache({ after: 9, has: { age: '59' } }),
      from.server({}, { after: 1 }),
    ],
  },
  {
    section: '4.2.3',
    title: 'a Date in the future makes nothing younger',
    steps: [
      { from: 'server', answers: (date) => ({ headers: cc('max-age=60', { date: date(500) }) }) },
      from.cache({ after: 59, has: { age: '59' } }),
      from.server({}, { after: 1 }),
    ],
  },
  ...['old', '-7200', '7200.0', '1e5', '', '0x10'].map((age) => ({
    section: '5.1',
    title: `Age: ${age || '(empty)'} is no number of seconds, and is ignored`,
    steps: [from.server(cc('max-age=60', { age })), from.cache({ after: 59, has: { age: '59' } })],
  })),
  ...['50', '50, 1', '50;a=b', '50; a'].map((age) => ({
    section: '5.1',
    title: `Age: ${age} is 50 seconds`,
    steps: [from.server(cc('max-age=60', { age })), from.cache({ after: 9 }), from.server({}, { after: 1 })],
  })),
  {
    section: '5.1',
    title: 'Age: 0, 50 is none: the first counts',
    steps: [from.server(cc('max-age=60', { age: '0, 50' })), from.cache({ after: 59 })],
  },
  {
    section: '1.2.2',
    title: 'an Age beyond all bounds is a long one',
    steps: [from.server(cc('max-age=60', { age: '9'.repeat(40), etag: '"a"' })), from.validated({})],
  },

  // 4.2.4 Serving stale responses
  {
    section: '4.2.4',
    title: 'what is stale is not given by itself',
    steps: [from.server(aMinute), from.server(aMinute, { after: 61 })],
  },
  ...['must-revalidate', 'no-cache'].map((directive) => ({
    section: '4.2.4',
    title: `${directive} forbids to give it stale, though the request would take it`,
    steps: [
      from.server(cc(`max-age=60, ${directive}`, { etag: '"a"' })),
      from.validated({ etag: '"a"' }, { after: 61, headers: cc('max-stale') }),
    ],
  })),

  // 4.3 Validation
  {
    section: '4.3.1',
    title: 'an ETag is asked about by If-None-Match',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.validated({}, { after: 60, sends: { 'if-none-match': '"a"', 'if-modified-since': null } }),
    ],
  },
  {
    section: '4.3.1',
    title: 'a weak ETag as well',
    steps: [
      from.server(cc('max-age=60', { etag: 'W/"a"' })),
      from.validated({ etag: 'W/"a"' }, { after: 60, sends: { 'if-none-match': 'W/"a"' } }),
    ],
  },
  {
    section: '4.3.1',
    title: 'a Last-Modified by If-Modified-Since, as it came',
    steps: [
      from.server(cc('max-age=60', { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' })),
      from.validated({}, { after: 60, sends: { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' } }),
    ],
  },
  {
    section: '4.3.1',
    title: 'no validator, no condition',
    steps: [
      from.server(aMinute),
      from.server(aMinute, { after: 60, sends: { 'if-none-match': null, 'if-modified-since': null } }),
    ],
  },
  {
    section: '4.3.1',
    title: 'the headers of the request go along',
    steps: [
      from.server(cc('max-age=0', { etag: '"a"' }), { headers: { 'x-a': '1' } }),
      from.validated({}, { headers: { 'x-a': '1' }, sends: { 'x-a': '1', 'if-none-match': '"a"' } }),
    ],
  },
  ...['if-none-match', 'if-match', 'if-modified-since', 'if-unmodified-since', 'if-range'].map((name) => ({
    section: '4.3.2',
    title: `a request with ${name} of its own goes to the server, and is not kept`,
    steps: [
      from.server(aMinute),
      from.server(aMinute, { headers: { [name]: '"b"' }, sends: { [name]: '"b"' } }),
      from.cache({ body: 1 }),
    ],
  })),
  {
    section: '4.3.2',
    title: 'the 304 to such a request is returned to its caller',
    steps: [from.server(aMinute), from.server({}, { headers: { 'if-none-match': '"a"' }, answer: 304, body: '' })],
  },
  {
    section: '4.3.3',
    title: 'a whole answer replaces what was kept',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server(cc('max-age=60', { etag: '"b"' }), { after: 60, sends: { 'if-none-match': '"a"' } }),
      from.cache({ body: 2 }),
    ],
  },
  {
    section: '4.3.3',
    title: 'an error is returned, and the stored answer is revalidated again',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server({}, { after: 60, answer: 503 }),
      from.validated({ etag: '"a"' }, { body: 1 }),
    ],
  },
  {
    section: '4.3.3',
    title: 'what the server no longer has is not kept, either',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server({}, { after: 60, answer: 410 }),
      from.server({}, { sends: { 'if-none-match': null } }),
    ],
  },
  {
    section: '4.3.3',
    title: 'nor what it gives, but will not have kept',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server(cc('no-store'), { after: 60 }),
      from.server({}, { sends: { 'if-none-match': null } }),
    ],
  },
  {
    section: '4.3.4',
    title: 'a 304 makes it fresh again',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.validated({ etag: '"a"' }, { after: 100, has: { age: '0' } }),
      from.cache({ after: 59, has: { age: '59' } }),
      from.validated({ etag: '"a"' }, { after: 1 }),
    ],
  },
  {
    section: '4.3.4',
    title: 'a 304 without a Date is as old as its arrival',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.validated({ etag: '"a"', date: '' }, { after: 100 }),
      from.cache({ after: 59 }),
    ],
  },
  {
    section: '4.3.4',
    title: 'a 304 that names another ETag, where a date was asked about too, confirms nothing: it is asked for whole',
    steps: [
      from.server(cc('max-age=0', { etag: '"a"', 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' })),
      {
        from: 'server',
        answers: { status: 304, headers: { etag: '"b"' } },
        status: 304,
        body: '',
        sends: { 'if-none-match': null },
      },
    ],
  },
  {
    section: '4.3.4',
    title: 'a 304 that names another ETag, where only our own was asked about, confirms that, and is not taken over',
    steps: [
      from.server(cc('max-age=0', { etag: '"a-gzip"' })),
      from.validated(cc('max-age=60', { etag: '"a"' }), { has: { etag: '"a-gzip"' } }),
      from.cache({ after: 59, has: { etag: '"a-gzip"' } }),
      from.validated({}, { after: 1, sends: { 'if-none-match': '"a-gzip"' } }),
    ],
  },
  {
    section: '3.2',
    title: 'a 304 changes no digest of the body that is stored',
    steps: [
      from.server(cc('max-age=0', { etag: '"a"', 'content-md5': '1', 'repr-digest': '1' })),
      from.validated({ 'content-md5': '2', 'repr-digest': '2' }, { has: { 'content-md5': '1', 'repr-digest': '1' } }),
    ],
  },

  {
    section: '4.3.5',
    title: 'a HEAD that tells of another answer makes what is kept invalid',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server({ etag: '"b"' }, { method: 'HEAD', cache: 'reload', body: '' }),
      from.server({}, { sends: { 'if-none-match': null } }),
    ],
  },
  {
    section: '4.3.5',
    title: 'one that tells of the same does not',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server({ etag: '"a"' }, { method: 'HEAD', headers: cc('no-cache'), body: '' }),
      from.cache({ body: 1 }),
    ],
  },

  // RFC 9110, 14 Ranges
  ...(
    [
      ['bytes=0-0', '1', 'bytes 0-0/1'],
      ['bytes=0-', '1', 'bytes 0-0/1'],
      ['Bytes=-5', '1', 'bytes 0-0/1'],
      ['bytes=0-99', '1', 'bytes 0-0/1'],
    ] as const
  ).map(([range, body, contentRange]) => ({
    section: 'RFC 9110, 14.2',
    title: `${range} is cut from a fresh whole answer`,
    steps: [
      from.server(aMinute),
      from.cache({
        ...{ after: 7, headers: { range }, status: 206, body: Number(body) },
        has: { 'content-range': contentRange, 'content-length': '1', age: '7' },
      }),
    ],
  })),
  ...['bytes=1-', 'bytes=-0', 'bytes=0-0, 2-3', 'bytes=', 'bytes=-', 'lines=0-1', 'bytes=5-2', '"b"'].map((range) => ({
    section: 'RFC 9110, 14.2',
    title: `${range} is for the server`,
    steps: [
      from.server(aMinute),
      from.server(aMinute, { headers: { range }, answer: 206, sends: { range } }),
      from.cache({ body: 1 }),
    ],
  })),
  {
    section: 'RFC 9110, 14.2',
    title:
      'a range is not cut from a stale answer, nor from one with a content coding, nor where the server is to be asked',
    steps: [
      from.server(aMinute),
      from.server({}, { headers: { range: 'bytes=0-0' }, cache: 'no-cache', answer: 206 }),
      from.server({}, { after: 60, headers: { range: 'bytes=0-0' }, answer: 206 }),
      from.server(cc('max-age=60', { 'content-encoding': 'identity' }), { cache: 'reload' }),
      from.server({}, { headers: { range: 'bytes=0-0' }, answer: 206 }),
    ],
  },

  // 4.4 Invalidating stored responses
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH'].map((method) => ({
    section: '4.4',
    title: `a ${method} that succeeds makes what is kept for its URL invalid`,
    steps: [from.server(aMinute), from.server({}, { method }), from.server(aMinute)],
  })),
  ...['OPTIONS', 'QUERY'].map((method) => ({
    section: '4.4',
    title: `a ${method} is safe, and does not`,
    steps: [from.server(aMinute), from.server({}, { method }), from.cache({ body: 1 })],
  })),
  ...['x-http-method-override', 'x-http-method', 'x-method-override'].map((name) => ({
    section: '4.4',
    title: `a GET with ${name} is no GET: it is neither answered from here nor stored, and makes what is stored invalid`,
    steps: [
      from.server(aMinute),
      from.server(aMinute, { headers: { [name]: 'DELETE' } }),
      from.server(aMinute, { headers: { [name]: 'DELETE' } }),
      from.server(aMinute),
    ],
  })),
  {
    section: '4.4',
    title: 'for every sender, not only for its own',
    steps: [
      from.server(aMinute, { headers: { authorization: 'Bearer a' } }),
      from.server(aMinute, { headers: { 'x-tenant': 'b' } }),
      from.server({}, { ...post, headers: { authorization: 'Bearer c' } }),
      from.server(aMinute, { headers: { authorization: 'Bearer a' } }),
      from.server(aMinute, { headers: { 'x-tenant': 'b' } }),
    ],
  },
  {
    section: '4.4',
    title: 'nor does one that is refused',
    steps: [from.server(aMinute), from.server({}, { ...post, answer: 400 }), from.cache({ body: 1 })],
  },
  {
    section: '4.4',
    title: 'a redirect to the new state counts as success',
    steps: [from.server(aMinute), from.server({}, { ...post, answer: 303 }), from.server(aMinute)],
  },
  {
    section: '4.4',
    title: 'every variant goes',
    steps: [
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '1' } }),
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '2' } }),
      from.server({}, post),
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '1' } }),
      from.server(cc('max-age=60', { vary: 'accept' }), { headers: { accept: '2' } }),
      from.cache({ headers: { accept: '1' }, body: 4 }),
    ],
  },
  ...['location', 'content-location'].flatMap((name) => [
    {
      section: '4.4',
      title: `what ${name} names goes as well`,
      steps: [
        from.server(aMinute, { path: '/made' }),
        from.server({ [name]: '/made' }, { ...post, answer: 201 }),
        from.server(aMinute, { path: '/made' }),
      ],
    },
    {
      section: '4.4',
      title: `but not of another origin, by ${name}`,
      steps: [
        from.server(aMinute, { path: '/made' }),
        from.server({ [name]: 'https://elsewhere.example.com/made' }, { ...post, answer: 201 }),
        from.cache({ path: '/made', body: 1 }),
      ],
    },
  ]),
  {
    section: '4.4',
    title: 'other URLs stay',
    steps: [from.server(aMinute, { path: '/b' }), from.server({}, post), from.cache({ path: '/b', body: 1 })],
  },

  // 5.2.1 Request directives
  {
    section: '5.2.1.1',
    title: 'max-age: no older than that',
    steps: [
      from.server(aMinute),
      from.cache({ after: 10, headers: cc('max-age=10') }),
      from.server(aMinute, { after: 1, headers: cc('max-age=10') }),
    ],
  },
  {
    section: '5.2.1.2',
    title: 'max-stale: stale, but not by more than that',
    steps: [
      from.server(aMinute),
      from.cache({ after: 69, headers: cc('max-stale=10') }),
      from.server(aMinute, { after: 1, headers: cc('max-stale=10') }),
    ],
  },
  {
    section: '5.2.1.2',
    title: 'max-stale without a value: however stale',
    steps: [from.server(aMinute), from.cache({ after: 10_000, headers: cc('max-stale') })],
  },
  {
    section: '5.2.1.3',
    title: 'min-fresh: still fresh for that long',
    steps: [
      from.server(aMinute),
      from.cache({ after: 50, headers: cc('min-fresh=10') }),
      from.server(aMinute, { after: 1, headers: cc('min-fresh=10') }),
    ],
  },
  {
    section: '5.2.1.4',
    title: 'no-cache: the server is asked first',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.validated({ etag: '"a"' }, { headers: cc('No-Cache') }),
    ],
  },
  {
    section: '5.2.1.5',
    title: 'no-store: nothing is kept',
    steps: [from.server(aMinute, { headers: cc('no-store') }), from.server(aMinute)],
  },
  {
    section: '5.2.1.7',
    title: 'only-if-cached: what is there, or a 504 without a request',
    steps: [
      from.cache({ headers: cc('only-if-cached'), status: 504, body: '' }),
      from.server(aMinute),
      from.cache({ headers: cc('only-if-cached') }),
      from.cache({ after: 61, headers: cc('only-if-cached'), status: 504, body: '' }),
    ],
  },
  {
    section: '5.4',
    title: 'Pragma: no-cache in a request is as no-cache',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.validated({ etag: '"a"' }, { headers: { pragma: 'no-cache' } }),
    ],
  },

  // 5.2.2 Response directives
  ...['no-cache', 'NO-CACHE', 'no-cache="set-cookie, x-a"', 'max-age=60, no-cache'].map((value) => ({
    section: '5.2.2.4',
    title: `${value}: kept, and asked about each time`,
    steps: [from.server(cc(value, { etag: '"a"' })), from.validated({ etag: '"a"' })],
  })),
  ...['no-store', 'No-Store', 'max-age=60, no-store', 'no-store, must-understand'].map((value) => ({
    section: '5.2.2.5',
    title: `${value}: not kept`,
    steps: [from.server(cc(value, { etag: '"a"' })), from.server(cc(value), { sends: { 'if-none-match': null } })],
  })),
  ...['private', 'private="x-a"', 'public', 'no-transform', 'proxy-revalidate', 'must-revalidate', 'immutable'].map(
    (directive) => ({
      section: '5.2.2',
      title: `${directive} changes nothing for what is fresh`,
      steps: [from.server(cc(`${directive}, max-age=60`)), from.cache({ after: 59 })],
    }),
  ),
  {
    section: '5.2.2.2',
    title: 'must-revalidate: asked about when it is stale',
    steps: [
      from.server(cc('max-age=60, must-revalidate', { etag: '"a"' })),
      from.validated({ etag: '"a"' }, { after: 60 }),
    ],
  },
  {
    section: '5.2.3',
    title: 'unknown directives are ignored',
    steps: [from.server(cc('community="UCI", max-age=60, x-y=z')), from.cache({ after: 59 })],
  },
  {
    section: '5.4',
    title: 'Pragma in a response is passed over where there is a Cache-Control',
    steps: [from.server(cc('max-age=60', { pragma: 'no-cache' })), from.cache()],
  },

  // The Fetch standard's modes
  {
    section: 'Fetch, cache mode',
    title: 'no-store: neither asked nor kept',
    steps: [from.server(aMinute), from.server(aMinute, { cache: 'no-store' }), from.cache({ body: 1 })],
  },
  {
    section: 'Fetch, cache mode',
    title: 'reload: not asked, but kept',
    steps: [
      from.server(cc('max-age=60', { etag: '"a"' })),
      from.server(aMinute, { cache: 'reload', sends: { 'if-none-match': null } }),
      from.cache({ body: 2 }),
    ],
  },
  {
    section: 'Fetch, cache mode',
    title: 'reload: what the server gives, but will not have kept, takes the place of what was kept',
    steps: [from.server(aMinute), from.server(cc('no-store'), { cache: 'reload' }), from.server(aMinute)],
  },
  {
    section: '5.2.1.7',
    title: 'only-if-cached: no revalidation, either',
    steps: [
      from.server(cc('max-age=60, stale-while-revalidate=60')),
      from.cache({ after: 61, headers: cc('only-if-cached'), has: { 'cache-status': 'Holdfast; hit; ttl=-1' } }),
      from.cache({ headers: cc('only-if-cached') }),
    ],
  },
  {
    section: 'Fetch, cache mode',
    title: 'no-cache: the server is asked first',
    steps: [from.server(cc('max-age=60', { etag: '"a"' })), from.validated({}, { cache: 'no-cache' })],
  },
  {
    section: 'Fetch, cache mode',
    title: 'force-cache: whatever is there, however old; else from the server',
    steps: [
      from.server(cc('max-age=60, must-revalidate'), { cache: 'force-cache' }),
      from.cache({ cache: 'force-cache', after: 10_000 }),
    ],
  },

  // RFC 5861
  {
    section: 'RFC 5861, 4',
    title: 'stale-if-error: served for that long when the server answers 5xx',
    steps: [
      from.server(cc('max-age=60, stale-if-error=30')),
      { after: 89, from: 'validated', answers: { status: 503 }, has: { age: '89' } },
      from.server({}, { after: 1, answer: 503 }),
    ],
  },
  ...[500, 502, 503, 504].map(
    (status): CacheCase => ({
      section: 'RFC 5861, 4',
      title: `stale-if-error: a ${status} is an error`,
      steps: [from.server(cc('max-age=0, stale-if-error=30')), { from: 'validated', answers: { status } }],
    }),
  ),
  ...[400, 401, 404, 429, 501].map((status) => ({
    section: 'RFC 5861, 4',
    title: `stale-if-error: a ${status} is none`,
    steps: [from.server(cc('max-age=0, stale-if-error=30')), from.server({}, { answer: status })],
  })),
  {
    section: 'RFC 5861, 4',
    title: 'stale-if-error: no answer is an error',
    steps: [
      from.server(cc('max-age=0, stale-if-error=30')),
      { from: 'validated', answers: { breaks: true }, has: { age: '5' }, after: 5 },
    ],
  },
  {
    section: 'RFC 5861, 4',
    title: 'stale-if-error of a request allows it as well',
    steps: [
      from.server(cc('max-age=0', { etag: '"a"' })),
      { from: 'validated', headers: cc('stale-if-error=60'), after: 59, answers: { status: 503 } },
      from.server({}, { headers: cc('stale-if-error=60'), after: 2, answer: 503 }),
    ],
  },
  ...['must-revalidate', 'no-cache'].map((directive) => ({
    section: 'RFC 5861, 4',
    title: `stale-if-error: not against ${directive}`,
    steps: [
      from.server(cc(`max-age=0, stale-if-error=60, ${directive}`, { etag: '"a"' })),
      from.server({}, { answer: 503 }),
    ],
  })),
  {
    section: 'RFC 5861, 4',
    title: 'stale-if-error: not for a request that always asks the server',
    steps: [from.server(cc('max-age=60, stale-if-error=60')), from.server({}, { cache: 'no-cache', answer: 503 })],
  },
];
