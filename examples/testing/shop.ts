import { isApiError, isResilienceError, type ResilientClient } from 'holdfast';

export interface Order {
  readonly id: number;
  readonly status: 'open' | 'paid';
}

/** How the attempt to place an order ended. */
export type Placed =
  | { readonly kind: 'placed'; readonly order: Order }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'later'; readonly retryAt: Date | undefined };

/** A small service on top of a third party's API: the code that the tests beside it cover. */
export class Shop {
  readonly #api: ResilientClient;

  constructor(api: ResilientClient) {
    this.#api = api;
  }

  /** An order; `undefined` if it does not exist. */
  async order(id: number): Promise<Order | undefined> {
    try {
      return await this.#api.get(`orders/${id}`).json<Order>();
    } catch (error) {
      if (isApiError(error) && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Places an order once: even if requests fail and are repeated, it is never placed twice. */
  async place(item: string, quantity: number): Promise<Placed> {
    try {
      const order = await this.#api.post('orders', { json: { item, quantity } }).json<Order>();
      return { kind: 'placed', order };
    } catch (error) {
      if (isApiError(error) && error.status === 422) {
        return { kind: 'refused', reasons: error.issues.map(({ path, message }) => `${path} ${message}`) };
      }
      if (!isResilienceError(error)) throw error;
      return { kind: 'later', retryAt: error.retryAt === undefined ? undefined : new Date(error.retryAt) };
    }
  }

  /** All orders, page by page. */
  async *orders(): AsyncGenerator<Order> {
    for (let page: number | null = 1; page !== null; ) {
      const answer: { orders: Order[]; next: number | null } = await this.#api
        .get('orders', { searchParams: { page } })
        .json();
      yield* answer.orders;
      page = answer.next;
    }
  }
}
