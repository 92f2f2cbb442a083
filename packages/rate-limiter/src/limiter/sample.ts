/** Returns the mean of each ten values. */
export class Sample {
  #count = 0;
  #totalMs = 0;

  add(ms: number): number | undefined {
    this.#totalMs += ms;
    if (++this.#count < 10) return undefined;
    const mean = this.#totalMs / this.#count;
    this.#count = 0;
    this.#totalMs = 0;
    return mean;
  }
}
