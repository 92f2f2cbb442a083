/** Takes a failure that is no loss, such as that of a body which breaks while it is discarded. */
export function ignore(): undefined {}
