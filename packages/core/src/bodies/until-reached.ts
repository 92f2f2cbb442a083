/**
 * The reason with which a stream's body is cancelled when the event that ends the stream has come. What reads along then
 * knows that the stream is whole. An object that the platform can pass on as the reason of an abort.
 */
export const untilReached: DOMException = new DOMException('The stream has reached its last event', 'AbortError');
