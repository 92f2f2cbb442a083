import type { CallContext } from '@holdfast/core';
import { type BodyReader, originOf, type RequestBody } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { RequestCheck } from '../request-schema/request-schema.ts';
import type { CallScope } from './call-scope.ts';
import type { FurtherContext } from './further-context.ts';
import type { ResolvedOptions } from './resolved-options.ts';
import type { Runtime } from './runtime.ts';

/** A request that is sent in place of the one that the face built. */
export interface ChangedRequest {
  readonly request: Request;
  readonly body: RequestBody;
}

/** A face that makes the body of its request from a value that becomes JSON. */
export interface JsonSource {
  /** The value, if the body was made from one. */
  readonly json: unknown;
  /** The request to send instead, if the schema has changed the value. */
  changed(value: unknown, request: Request, body: RequestBody): ChangedRequest | undefined;
}

/** One call of a client: its options, its life, and its way into the pipeline. ky's face and fetch's both make one. */
export class ClientCall {
  readonly runtime: Runtime;
  readonly resolved: ResolvedOptions;
  readonly scope: CallScope;

  constructor(runtime: Runtime, resolved: ResolvedOptions, scope: CallScope) {
    this.runtime = runtime;
    this.resolved = resolved;
    this.scope = scope;
  }

  /**
   * The face's reader, if it is sure to read the body of a success. Where any other code may get the answer, or where another
   * attempt may follow it, it may be left unread.
   */
  readerOf(reader: BodyReader & { readonly isReading: boolean }): BodyReader | undefined {
    if (!reader.isReading || !this.runtime.handsAnswersOn) return undefined;
    const { levels, hooks } = this.scope.settings;
    return hooks === undefined && !levels.some(({ judgesSuccess }) => judgesSuccess) ? reader : undefined;
  }

  /** Does each answer with an error status end in an error, or in another attempt? Then no other code gets it. */
  takesFailures({ throwHttpErrors = true }: Pick<KyOptions, 'throwHttpErrors'>): boolean {
    const { levels, hooks } = this.scope.settings;
    const isThrown = throwHttpErrors === true && !levels.some(({ handsOut }) => handsOut);
    return isThrown && hooks === undefined && this.runtime.handsAnswersOn;
  }

  /**
   * Begins to send a request that a face has built: from here on the call has a name.
   *
   * @throws ClientClosedError or RequestRefusedError if it may not be sent.
   */
  begin(request: Request, body: RequestBody, further: FurtherContext): CallContext {
    const context = this.scope.context(request, body, further);
    this.scope.refuseLate();
    this.scope.admit(request);
    return context;
  }

  /** Sends the request through the pipeline, once its body has been checked. */
  send(request: Request, context: CallContext, source?: JsonSource): Promise<Response> {
    const { check } = this.resolved;
    return check ? this.#sendChecked(check, request, context, source) : this.#sendNow(request, context);
  }

  /** @throws BadRequestError if the body does not match the schema. */
  async #sendChecked(
    check: RequestCheck,
    request: Request,
    context: CallContext,
    source: JsonSource | undefined,
  ): Promise<Response> {
    const { requestSchemas } = this.runtime.features;
    const given = { request, context, links: this.resolved.links, json: source?.json };
    const checked = await this.scope.within(() => requestSchemas?.checkRequest(check, given));
    const changed = checked && source?.changed(checked.value, request, context.body);
    return changed
      ? this.#sendNow(changed.request, { ...context, body: changed.body })
      : this.#sendNow(request, context);
  }

  #sendNow(request: Request, context: CallContext): Promise<Response> {
    this.resolved.keys?.mark(request);
    if (context.settings.retriedAbove) this.runtime.budget?.spend(originOf(request.url));
    return this.runtime.send(request, context);
  }
}
