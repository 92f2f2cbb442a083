import { withoutEchoes } from './echo.ts';
import { repeatsStatus } from './read-message.ts';

/** Entities that titles and messages use; any other is left unchanged. */
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const longestRead = 64_000;

/**
 * Finds the text of the first element with one of these local names, in the order of the names.
 *
 * @remarks No parser of XML or HTML is needed for a title or a code, and none is loaded. Each name costs one pass over
 * the text. An element that holds other elements has no text of its own.
 */
function elementText(markup: string, names: readonly string[]): string | undefined {
  const text = markup.slice(0, longestRead);
  for (const name of names) {
    const opening = new RegExp(
      `<(?:[\\w.-]{1,40}:)?${name}(?:\\s[^<>]{0,500})?>(<!\\[CDATA\\[[^<]{1,2000}?\\]\\]>|[^<]{1,2000})`,
      'gi',
    );
    // An element around others of its name has only blanks of its own.
    for (let left = mostOfAName, match = opening.exec(text); match && left > 0; match = opening.exec(text), left--) {
      const found = decode(match[1] ?? '').trim();
      if (found !== '') return found;
    }
  }
  return undefined;
}

/** More elements of one name than this are not looked at. */
const mostOfAName = 5;

function attribute(markup: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"<>]{1,200})"`).exec(markup.slice(0, longestRead))?.[1];
}

/** The message of a page: the first of its title, headings and paragraphs that says more than the status. */
export function messageOfPage(page: string, status: number): string | undefined {
  const text = page.slice(0, longestRead);
  for (const name of ['title', 'h1', 'h2', 'pre', 'p']) {
    const opening = new RegExp(`<${name}(?:\\s[^<>]{0,500})?>`, 'i').exec(text);
    if (!opening) continue;
    const from = opening.index + opening[0].length;
    // `<b>Type</b> Status Report` is a line of a table.
    if (name === 'p' && text.startsWith('<b>', from)) continue;
    const end = text.toLowerCase().indexOf(`</${name}`, from);
    const found = decode(
      text.slice(from, end < 0 ? from + 600 : Math.min(end, from + 600)).replace(/<[^<>]{0,500}>/g, ' '),
    );
    if (found !== '' && found.length <= 300 && !repeatsStatus(found, status)) return found;
  }
  return textBehindHeading(text, status);
}

/** Some pages say what happened in a bare text behind the heading that repeats the status. */
function textBehindHeading(text: string, status: number): string | undefined {
  const found = decode(/<\/h[12]\s{0,20}>([^<]{1,300})/i.exec(text)?.[1] ?? '').trim();
  return /\p{L}\s+\p{L}/u.test(found) && !repeatsStatus(found, status) ? found : undefined;
}

function decode(text: string): string {
  return text
    .replace(/<!\[CDATA\[|\]\]>/g, '')
    .replace(/&(?:#(\d{1,6})|([a-z]{2,6}));/gi, (whole, digits: string | undefined, name: string | undefined) =>
      digits === undefined ? (entities[(name ?? '').toLowerCase()] ?? whole) : fromCodePoint(Number(digits), whole),
    )
    .replace(/[ \t]+/g, ' ')
    .trim();
}

function fromCodePoint(point: number, otherwise: string): string {
  return point > 31 && point <= 0x10ffff ? String.fromCodePoint(point) : otherwise;
}

/** An attribute of an error's element: `<err code="12" msg="Bad key"/>`, `<status message="No such user" value="10"/>`. */
function errorAttribute(markup: string, name: string): string | undefined {
  const pattern = new RegExp(
    `<(?:[\\w.-]{1,40}:)?(?:err(?:or)?|(?:service)?exception|(status))\\s(?:[^<>]{0,300}?\\s)?${name}="([^"<>]{1,500})"`,
    'gi',
  );
  for (let left = mostOfAName, match = pattern.exec(markup); match && left > 0; match = pattern.exec(markup), left--) {
    // Further inside, a status is that of what the answer is about, such as an order.
    if (match[1] === undefined || depthAt(markup, match.index) <= 1) return decode(match[2] ?? '') || undefined;
  }
  return undefined;
}

/** How many elements are open at a place. */
function depthAt(markup: string, index: number): number {
  const before = markup.slice(0, index);
  return [...before.matchAll(/<\w[^<>]*(?<!\/)>/g)].length - [...before.matchAll(/<\//g)].length;
}

/** What an XML answer says: the error's code, message, type and request id, by local names. */
export function readXml(
  xml: string,
  status: number,
): {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly type?: string | undefined;
  readonly requestId?: string | undefined;
} {
  const own = withoutEchoes(xml.slice(0, longestRead));
  const message = elementText(own, [
    'Message',
    'faultstring',
    'ExceptionText',
    'Text',
    'detail',
    'description',
    'title',
    'ErrorMessage',
    'msg',
    'error',
    'err',
    'ServiceException',
  ]);
  const code = elementText(own, ['Code', 'ErrorCode', 'faultcode', 'Value']) ?? attribute(own, 'exceptionCode');
  return {
    code: [code, errorAttribute(own, 'code')].find((one) => one !== undefined && one !== String(status)),
    message: (message ?? errorAttribute(own, '(?:msg|message)'))?.split(/[\r\n]/, 1)[0]?.trim(),
    type: elementText(own, ['type']),
    requestId: elementText(own, ['RequestId', 'RequestID', 'requestid']),
  };
}
