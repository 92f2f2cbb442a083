/** Does nothing: with a failure that is no loss, such as that of a body which breaks while it is discarded, or as a callback. */
export function ignore(): undefined {}
