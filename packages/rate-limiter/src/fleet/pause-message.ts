import { redactText } from '@holdfast/core/internal';

/** A pause for which a server has asked another process of the fleet. */
export interface PauseMessage {
  readonly from: string;
  /** A part of its scope: the channel shows the sender only as a digest. */
  readonly digest: string;
  /** A name for people. */
  readonly owner: string;
  readonly bucket?: string;
  readonly pauseMs: number;
  readonly source: string;
}

/**
 * The longest pause that is taken from a message, in milliseconds: any program that can write to Redis can forge one.
 */
const longestMs = 60_000;

/** Any other message on the channel is ignored. */
export function parsePause(message: string): PauseMessage | undefined {
  const { from, digest, owner, bucket, pauseMs, source } = parsed(message);
  if (typeof from !== 'string' || typeof digest !== 'string' || !/^[0-9a-f]{32}$/.test(digest)) return undefined;
  if (typeof pauseMs !== 'number' || !(pauseMs > 0)) return undefined;
  return {
    from,
    digest,
    owner: shown(owner) ?? '(a key of another process)',
    pauseMs: Math.min(pauseMs, longestMs),
    ...(shown(bucket) !== undefined && { bucket: shown(bucket) as string }),
    source: shown(source) ?? 'another process',
  };
}

function shown(text: unknown): string | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  return redactText(text.slice(0, 200));
}

/** In characters: ten times as long as a message of a process of the fleet. */
const longestMessage = 10_000;

function parsed(message: string): Record<string, unknown> {
  if (message.length > longestMessage) return {};
  try {
    return Object(JSON.parse(message)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
