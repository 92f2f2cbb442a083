/** The events of `@holdfast/testing/chaos`. */
export interface ChaosEvents {
  /** A fault that a test or a staging system has injected: the server did not cause it. */
  'chaos.injected': {
    readonly attempt: number;
    readonly fault: 'latency' | 'network' | 'status';
    readonly status?: number;
    readonly latencyMs?: number;
  };
}
