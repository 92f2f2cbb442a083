import type { CallContext } from '@holdfast/core';

/** The members of a context that most calls do not have. */
export type FurtherContext = {
  readonly [key in 'init' | 'headersGiven' | 'bodyReader' | 'takesFailures']?: CallContext[key] | undefined;
};

/** Adds to a new context the members that there are. */
export function withFurther(
  context: CallContext,
  { init, headersGiven, bodyReader, takesFailures }: FurtherContext,
): CallContext {
  const whole: { -readonly [key in keyof CallContext]: CallContext[key] } = context;
  if (init) whole.init = init;
  if (headersGiven) whole.headersGiven = headersGiven;
  if (bodyReader) whole.bodyReader = bodyReader;
  if (takesFailures) whole.takesFailures = true;
  return whole;
}
