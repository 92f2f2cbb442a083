/**
 * What lives for as long as a response's body can be read, where that is not its stream: a response that makes its
 * stream on demand names this object by this symbol, so that its stream need not be made.
 */
export const bodyLife: unique symbol = Symbol('holdfast.bodyLife');

/**
 * A response whose body arrives whether or not it is read has this member: it takes a function, and calls it once when
 * the body has arrived, or broke. So the body need not be read to learn that the server is done.
 */
export const bodyArrival: unique symbol = Symbol('holdfast.bodyArrival');
