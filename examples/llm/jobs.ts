/** One piece of work for the model, in tokens. */
export interface Job {
  readonly name: string;
  readonly prompt: number;
  /** The longest answer allowed, and the length that the answer will have. */
  readonly maxTokens: number;
  readonly answer: number;
  readonly isStream: boolean;
}

const sizes: readonly (readonly [prompt: number, maxTokens: number, answer: number])[] = [
  [950, 700, 700],
  [100, 1150, 950],
  [950, 1400, 1250],
  [1150, 1200, 500],
  [550, 750, 400],
  [1150, 750, 650],
  [1200, 250, 150],
  [1100, 450, 400],
  [700, 1150, 650],
  [1150, 1400, 1200],
  [1200, 1400, 750],
  [1450, 1400, 800],
  [550, 1150, 800],
  [1150, 250, 200],
  [750, 1500, 950],
  [1350, 50, 50],
  [900, 1400, 1150],
  [800, 650, 600],
  [400, 1150, 750],
  [1150, 1500, 1000],
];

/** Twenty jobs of different size; the second half is answered as streams. */
export const jobs: readonly Job[] = sizes.map(([prompt, maxTokens, answer], index) => {
  return { name: `job ${index + 1}`, prompt, maxTokens, answer, isStream: index >= 10 };
});

/** The request for a job. */
export interface ModelRequest {
  readonly name: string;
  readonly max_tokens: number;
  readonly stream: boolean;
  readonly prompt: string;
  /** How long the answer will be: a real model decides this by itself. */
  readonly answer: number;
}

/** A word of four letters and a space is one token of this model. */
const token = 'word ';

export function bodyOf({ name, prompt, maxTokens, answer, isStream }: Job): ModelRequest {
  return { name, max_tokens: maxTokens, stream: isStream, prompt: token.repeat(prompt), answer };
}

/** The most that a request may cost: its prompt, and the longest answer allowed. */
export function estimate({ prompt, max_tokens }: ModelRequest): number {
  return prompt.length / token.length + max_tokens;
}
