import { type BodyReader, discard, ignore, type KeptContext, keptContext } from '@holdfast/core/internal';
import type { KyOptions, ResponsePromise } from '@holdfast/ky';
import type { CallScope } from '../call/call-scope.ts';
import { bodyError, type KeptText, keepText } from './body-error.ts';
import { schemaIn } from './schema-in-context.ts';

/** A call whose answer is read by ky's shortcuts: `.json()`, `.text()` and the others. */
export interface ReadableCall {
  readonly scope: CallScope;
  /** Bounds what a shortcut reads of an answer. */
  bound(response: Response): void;
  /** Shows a failure to the user's `beforeError` hooks, and returns the error that results. */
  shownToHooks(failure: unknown): Promise<unknown>;
}

/**
 * The body shortcuts of one call. They read within the call's deadline, and the call ends when its body is read.
 *
 * A shortcut may be asked for in another async context than the call was made in: a parser, a schema, a hook and the
 * listeners of the call's events run in that of the call.
 */
export class BodyShortcuts implements BodyReader {
  /** Runs a function of the user's in the call's async context. */
  readonly inCall: KeptContext = keptContext();
  readonly #call: ReadableCall;
  #isReading = false;
  /** The response of ky's promise. */
  #answer: Response | undefined;
  #limit: KyOptions['totalTimeout'];
  /** The text that `.json()` has read, to be quoted if it is not JSON. */
  #json: KeptText | undefined;
  /** Gives back what is held until the body has been read. */
  #ended: (() => void) | undefined;
  /** The shortcut has ended: it reads no body that arrives later. */
  #isOver = false;

  constructor(call: ReadableCall) {
    this.#call = call;
  }

  /** Does a shortcut read the body? Then the call ends when it has been read. */
  get isReading(): boolean {
    return this.#isReading;
  }

  whenRead(ended: () => void): void {
    this.#bodyRead();
    if (this.#isOver) ended();
    else this.#ended = ended;
  }

  /** Before any code of the user's runs: a parser or a hook may make a call that waits for the same permit. */
  #bodyRead(): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.();
  }

  /** Called when the answer has arrived. */
  answered(response: Response): void {
    this.#answer = response;
    if (this.#isReading) this.#prepare();
  }

  /**
   * Puts the shortcuts on the promise that the user gets.
   *
   * @param limit The `totalTimeout` that the user has given, and not the default.
   */
  addTo(result: ResponsePromise, ofKy: ResponsePromise, limit: KyOptions['totalTimeout']): void {
    this.#limit = limit;
    // Members of a literal: V8 allocates a function that is assigned to a member in its old generation, where it would
    // keep the whole call until the next full collection.
    Object.assign(result, {
      json: (schema?: unknown) => {
        this.#json ??= {};
        return this.#read(result, () => ofKy.json(schemaIn(this.inCall, schema) as never));
      },
      text: () => this.#read(result, () => ofKy.text()),
      blob: () => this.#read(result, () => ofKy.blob()),
      arrayBuffer: () => this.#read(result, () => ofKy.arrayBuffer()),
      formData: () => this.#read(result, () => ofKy.formData()),
      // Not every platform has this shortcut.
      ...(typeof ofKy.bytes === 'function' && { bytes: () => this.#read(result, () => ofKy.bytes()) }),
    });
  }

  /** Runs before ky reads: a shortcut may be called before or after the answer has arrived. */
  #prepare(): void {
    const response = this.#answer;
    if (response === undefined) return;
    this.#call.bound(response);
    if (this.#json) keepText(response, this.#json, this.#ended && (() => this.#bodyRead()));
  }

  #read<T>(result: Promise<Response>, read: () => Promise<T>): Promise<T> {
    if (!this.#isReading) {
      this.#isReading = true;
      this.#prepare();
    }
    const reading = this.#readInTime(read);
    // If the call fails, the reading fails with it; the call itself reports that.
    reading.catch(ignore);
    return this.inCall.run(() => this.#whenReady(result, reading));
  }

  /**
   * The caller may ask for the body long after the answer has come, when the call's time is up. Then the call fails if the
   * user has given the limit, as in ky; under the default limit the body is read all the same.
   */
  #readInTime<T>(read: () => Promise<T>): Promise<T> {
    const { scope } = this.#call;
    if (this.#answer === undefined || typeof this.#limit !== 'number' || scope.remainingMs > 0) return read();
    discard(this.#answer);
    return scope.inTime(new Promise<never>(ignore));
  }

  async #whenReady<T>(result: Promise<Response>, reading: Promise<T>): Promise<T> {
    let response: Response | undefined;
    try {
      response = await result;
      if (response === undefined) return undefined as T;
      const { scope } = this.#call;
      const value = await scope.inTime(reading);
      scope.answer(response);
      return value;
    } catch (error) {
      throw response === undefined ? error : await this.#failed(error, response);
    } finally {
      this.#isOver = true;
      this.#bodyRead();
    }
  }

  /** Ends the call with the error of its body, and returns that as the caller gets it. */
  async #failed(error: unknown, response: Response): Promise<unknown> {
    const { scope } = this.#call;
    this.#bodyRead();
    const { aborted, reason } = scope.signal;
    const isAbort = aborted && error === reason;
    const typed = isAbort ? error : bodyError(error, scope.call, response, this.#json?.text);
    const failure = await this.#call.shownToHooks(typed);
    scope.fail(failure, response.status);
    return failure;
  }
}
