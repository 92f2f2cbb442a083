declare module '../kernel/call-context.js' {
  interface CallContext {
    /**
     * Set where the client itself reads the body of a success to its end, as for `.json()`: a limit that lasts as long as
     * the body then needs no stream around it to see its end. Absent where any other code may get the response.
     */
    readonly bodyReader?: BodyReader;
    /**
     * Set where each answer with an error status is either followed by another attempt, or ends in an error with what was read of
     * its body: then the body itself is read before the decision, and not a copy of it. Absent where any other code may get the
     * response.
     */
    readonly takesFailures?: boolean;
  }
}

/** Reads the body of one call's answer. */
export interface BodyReader {
  /** Calls back once: when the body has been read, or when the call has ended without reading it. */
  whenRead(ended: () => void): void;
}

/**
 * A response that makes its stream on demand names, by this symbol, an object that lives for as long as its body can be
 * read. Code that watches the life of a body watches this object, and the stream need not be made.
 */
export const bodyLife: unique symbol = Symbol('holdfast.bodyLife');
