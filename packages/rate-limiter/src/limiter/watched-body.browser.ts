/** A browser's methods read a body without its stream's members, so only a stream around the body shows its end. */
export function watchBody(): undefined {}
