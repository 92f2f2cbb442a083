/**
 * What lives for as long as a response's body can be read, where that is not its stream: a response that makes its stream
 * only when it is asked for names it by this symbol, and nobody has to ask.
 */
export const bodyLife: unique symbol = Symbol('holdfast.bodyLife');
