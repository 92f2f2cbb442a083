import { watchStream } from './stream-end.ts';
import { endWith, put, replaced, replaceWatch, split, type Watch, watching, whenCollected } from './watched.ts';

/**
 * When has somebody done with a response? When its body has been read, or broke, or was cancelled; and no stream tells
 * that by itself. To put another stream around it would cost every byte, and lose `url`; so the response, and its stream
 * where somebody asks for it, get a prototype in between that takes note of who reads.
 */
export function watchBody(response: Response, watch: Watch): void {
  put(watch, response, responseMembers);
}

/** A clone whose readers nobody hears of. @throws TypeError where somebody has read it by ways that are not watched. */
export function unwatchedClone(response: Response): Response {
  const plain = Object.getPrototypeOf(Object.getPrototypeOf(response)) as Response;
  return plain.clone.call(response);
}

function responseMembers(plain: object): PropertyDescriptorMap {
  return {
    ...replaced(plain, ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'], endWith),
    ...replaced(
      plain,
      ['clone'],
      (clone) =>
        function () {
          const copy = clone.call(this);
          watching(this).begun();
          const [ofThis, ofCopy] = split(watching(this));
          replaceWatch(this, ofThis);
          whenCollected(this, ofThis);
          put(ofCopy, copy, responseMembers);
          whenCollected(copy, ofCopy);
          return copy;
        },
    ),
    body: {
      configurable: true,
      get(this: object) {
        const watch = watching(this);
        watch.begun();
        const body: unknown = Reflect.get(plain, 'body', this);
        if (body !== null && typeof body === 'object') watchStream(body, watch);
        return body;
      },
    },
  };
}
