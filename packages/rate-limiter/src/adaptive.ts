/** Bounds of the limit on calls in flight. */
export interface AdaptiveOptions {
  readonly min?: number;
  readonly max?: number;
}
