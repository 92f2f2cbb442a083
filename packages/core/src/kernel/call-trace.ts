/**
 * Nearly every error of a call is made in a timer's callback or after an `await`, where the stack names no line of the
 * caller's. So the caller's frames are captured when the call is made. The engine keeps them in its own form, and makes text
 * of them only when a stack is read.
 */
export interface CallTrace {
  readonly stack?: string;
}

/** More frames cost more, and an error tracker groups by the first ones. */
const mostFrames = 5;

interface Engine {
  stackTraceLimit?: number;
  captureStackTrace?(on: object, above: unknown): void;
}

/**
 * Captures the frames below a function that is being called. Returns nothing if the engine can't leave out the frames
 * above it, or if stacks are switched off.
 */
export function traceCall(entry: unknown): CallTrace | undefined {
  const engine = Error as unknown as Engine;
  const limit = engine.stackTraceLimit;
  if (engine.captureStackTrace === undefined || limit === 0) return undefined;
  const trace = {};
  try {
    const isLonger = limit !== undefined && limit > mostFrames;
    if (isLonger) engine.stackTraceLimit = mostFrames;
    try {
      engine.captureStackTrace(trace, entry);
    } finally {
      if (isLonger) engine.stackTraceLimit = limit;
    }
    return trace;
  } catch {
    // The intrinsics are frozen.
    return undefined;
  }
}

/** Makes an error's stack end with the frames of a trace, below its name and message. */
export function nameCaller(error: Error, trace: CallTrace): void {
  const write = (value: unknown): void => {
    Object.defineProperty(error, 'stack', { value, configurable: true, writable: true });
  };
  const read = (): string => {
    const head = `${error.name}: ${error.message}`;
    const frames = framesOf(trace);
    const stack = frames === '' ? head : `${head}\n${frames}`;
    // Kept, unless the error is frozen.
    if (Object.isExtensible(error)) write(stack);
    return stack;
  };
  readers.add(read);
  Object.defineProperty(error, 'stack', { get: read, set: write, configurable: true });
}

const readers = new WeakSet<object>();

/** Does an error's stack still end with the frames of a trace? */
export function namesCaller(error: Error, trace: CallTrace): boolean {
  const { get, value } = Object.getOwnPropertyDescriptor(error, 'stack') ?? {};
  return get === undefined ? String(value).endsWith(framesOf(trace)) : readers.has(get);
}

/**
 * Makes an error's stack name the code that awaits what a function is about to reject, as far as the engine knows it.
 *
 * @param above The function that is running, whose frame and those above it are left out.
 */
export function nameAwaiting(error: unknown, above: unknown): void {
  const trace = error instanceof Error ? traceCall(above) : undefined;
  if (trace !== undefined && framesOf(trace) !== '') nameCaller(error as Error, trace);
}

function framesOf(trace: CallTrace): string {
  try {
    // The value comes from a user's function, which may have changed it in any way.
    const whole: unknown = trace.stack;
    if (typeof whole !== 'string') return '';
    // Frames of Node itself, at the bottom of a callback's stack, say nothing about the caller.
    const stack = whole.replace(/^\s*at .*\bnode:internal\/.*\n?/gm, '');
    const start = stack.search(/^\s*at /m);
    if (start >= 0) return stack.slice(start).trimEnd();
    // As JavaScriptCore and SpiderMonkey write them.
    return stack.includes('@') ? stack.trimEnd() : '';
  } catch {
    return '';
  }
}
