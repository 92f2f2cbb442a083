/** What Redis calls the time, as seconds and microseconds. */
interface Timekeeper {
  time(): Promise<readonly (string | number)[]>;
}

/**
 * How far the clock of Redis is ahead of ours, in milliseconds. Bottleneck's scripts go by the clock of whoever runs
 * them; hosts that share a limit must mean the same moment.
 */
export async function redisClockOffset(redis: Timekeeper): Promise<number> {
  const before = Date.now();
  const [seconds, microseconds] = await redis.time();
  return Math.round(Number(seconds) * 1000 + Number(microseconds) / 1000 - (before + Date.now()) / 2);
}
