import type { Writable } from 'node:stream';

/** Writes this many bytes as fast as the reader takes them. Returns a function for the number of bytes written so far. */
export function flowing(response: Writable, size: number): () => number {
  const chunk = Buffer.alloc(64 * 1024, 'a');
  let written = 0;
  const go = (): void => {
    while (written < size) {
      written += chunk.length;
      if (!response.write(chunk)) return void response.once('drain', go);
    }
    response.end();
  };
  go();
  return () => written;
}
