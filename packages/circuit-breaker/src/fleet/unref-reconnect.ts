/** ioredis waits with a timer of its own before it connects again, which would keep the process alive. */
export function unrefReconnect(connection: object): void {
  (connection as { reconnectTimeout?: { unref?(): unknown } | null }).reconnectTimeout?.unref?.();
}
