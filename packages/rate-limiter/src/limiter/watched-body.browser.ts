/** The methods of a browser's responses ask no stream of JavaScript's, so a body shows its end only through a stream around it. */
export function watchBody(): undefined {}
