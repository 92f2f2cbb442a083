/**
 * Finds headers that differ in each call: ids of the request under a name that is on no list. Such a header does not
 * identify the sender. If it counted, each call would be a sender of its own, and a pause would concern no call but the
 * one that was refused.
 *
 * A header counts as one until it has had different values in several calls, has never had the same value in two, and its
 * values look like ids. A name that speaks of a person, an account or a secret counts always; a value that comes back says
 * that the header lasts.
 */
export class OneCallHeaders {
  readonly #byName = new Map<string, Seen>();

  /** @param callId Attempts of one call carry the same value. */
  has(name: string, value: string, callId: string): boolean {
    if (!looksLikeId(value) || identity.test(name)) return false;
    const seen = this.#byName.get(name) ?? this.#add(name);
    if (seen === undefined || seen.lasts) return false;
    const by = seen.calls.get(value);
    if (by !== undefined && by !== callId) {
      seen.lasts = true;
      seen.calls.clear();
      return false;
    }
    if (by === undefined) seen.note(value, callId);
    return seen.calls.size >= enoughCalls;
  }

  #add(name: string): Seen | undefined {
    if (this.#byName.size >= mostNames) return undefined;
    const seen = new Seen();
    this.#byName.set(name, seen);
    return seen;
  }
}

class Seen {
  /** It has had the same value in two calls. */
  lasts = false;
  readonly calls = new Map<string, string>();

  note(value: string, callId: string): void {
    this.calls.set(value, callId);
    if (this.calls.size <= mostValues) return;
    for (const oldest of this.calls.keys()) {
      this.calls.delete(oldest);
      break;
    }
  }
}

const enoughCalls = 3;
const mostNames = 200;
const mostValues = 50;

const identity =
  /auth|token|key|secret|session|cookie|cred|pass|jwt|assert|dpop|tenant|user|account|acct|org|customer|client|workspace|project|team|member|person|people|subject|principal|login|mail|shop|store|merchant|site|realm|domain|company|partner|owner|group|scope|role|device|install|app|act-as|impersonat|delegat|(?:^|-)(?:sub|sid|uid|pat|env|region|for|from|host|ip|as)(?:-|$)/;

/** A number of ten digits, or letters with digits: no word, and no version. */
function looksLikeId(value: string): boolean {
  return value.length >= 10 && value.length <= 500 && /\d/.test(value) && /^[\w+/=.:~-]+$/.test(value);
}
