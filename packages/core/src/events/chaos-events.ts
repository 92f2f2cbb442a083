/** The events of `@holdfast/testing/chaos`. */
export interface ChaosEvents {
  /** A test or a staging system has injected a fault: the server did not cause it. */
  'chaos.injected': {
    readonly attempt: number;
    readonly fault: 'latency' | 'network' | 'status';
    readonly status?: number;
    readonly latencyMs?: number;
  };
}
