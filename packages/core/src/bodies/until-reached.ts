/**
 * The reason with which a stream's body is cancelled when the event that ends the stream has arrived. Other readers
 * then know that the stream is complete. An object that the platform can pass on as the reason of an abort.
 */
export const untilReached: DOMException = new DOMException('The stream has reached its last event', 'AbortError');
