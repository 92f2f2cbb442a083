import { type Members, plainName } from './members.ts';

/**
 * Many answers repeat what the caller has sent: the value that was refused, the body, the address. It says nothing about
 * the error, whatever its members are called: a job of the caller's may have a `retry_after`, and a message a `code`.
 */
const words = 'inputs?|values?|body|request|payload|query|querystring|variables|args|arguments|form|url|uri|headers';
const echo = new RegExp(
  `^(?:original|submitted|received|rejected|attempted|invalid|given|provided|actual|current|sent|raw)?(?:${words})$` +
    '|^(?:original|submitted|received|rejected|attempted|given|provided|sent|echo|target|instance|document|parent)$' +
    '|^request(?:ed)?(?:data|body|params|parameters|payload|query|input|document|object)$',
);

/** True for the plain name of a member that repeats what the caller has sent. */
export function isEcho(name: string): boolean {
  return echo.test(name);
}

/**
 * `{statusCode: 429, body: …, headers: …}` is an answer as an object; so these are no echoes in it. With a message
 * beside them, the message says what failed.
 *
 * @param isAlone Whether nothing else is in the whole body; then it is an envelope, too.
 */
export function isEnvelope(name: string, beside: Members, isAlone: boolean): boolean {
  const isOfAnswer = Number(beside.get('status') ?? beside.get('statuscode')) >= 400 && !beside.has('message');
  if (name === 'headers') return isOfAnswer;
  return (name === 'body' || name === 'payload') && (isOfAnswer || isAlone);
}

/** In XML they are no echoes: SOAP has a `Body`, and the `Value` of a code. */
const xmlNames = new Set(['body', 'value', 'url', 'uri', 'parent', 'document']);

/** XML without the elements that repeat what the caller has sent. */
export function withoutEchoes(xml: string): string {
  let text = xml;
  for (const [, name = ''] of [...xml.matchAll(/<((?:[\w.-]{1,40}:)?[A-Za-z]{3,40})[\s>]/g)].slice(0, mostElements)) {
    const local = plainName(name.replace(/^.*:/, ''));
    if (xmlNames.has(local) || !isEcho(local)) continue;
    const from = text.search(new RegExp(`<${name}[\\s>]`));
    const end = text.indexOf(`</${name}>`, from);
    if (from >= 0 && end > from) text = text.slice(0, from) + text.slice(end + name.length + 3);
  }
  return text;
}

/** More elements than this are not looked at. */
const mostElements = 200;

/** A text in quotes, unless the word before it says that it is the name of a limit: `limit 'Reads per day'`. */
const quoted =
  /(?<!\b(?:exceeded|(?:limit|quota|metric|policy|plan|window|bucket|tier|period)s?):? ?)(?<![\w])(["'`])[^"'`\d]{1,200}\1(?!\w)/gi;
/** `the "daily" limit` */
const ofLimit = /(["'`])(\w+)\1(?= (?:limit|quota)\b)/g;
/** `1000 requests /day` is no path. */
const address = /https?:\S+|(?<![^\s(:])\/(?!(?:day|month)(?![\w/]))[a-z]\S*/g;
/** Some servers put the whole message in quotes. */
const whole = /^\s*(["'])(.*)\1\s*$/s;

/** A message without addresses, paths and quotes: they may be the caller's words. */
export function ownWords(message: string): string {
  return message.replace(whole, '$2').replace(ofLimit, '$2').replace(address, ' ').replace(quoted, ' ');
}
