/**
 * A response whose body arrives whether or not it is read has this member. It takes a function, and calls it once when
 * the body has arrived, or has broken: so the end of the server's work shows without reading the body.
 */
export const bodyArrival: unique symbol = Symbol('holdfast.bodyArrival');
