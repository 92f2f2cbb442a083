// Compiled in a user's project with the packed declarations.

import { chaos } from '@holdfast/testing/chaos';
import { createResilientClient } from 'holdfast';

interface Order {
  readonly id: number;
}

const api = createResilientClient({ baseUrl: 'https://api.example.com/v1/', timeout: 2000, perAttempt: [chaos()] });

export const order: Promise<Order> = api.get('orders/42').json<Order>();

// @ts-expect-error a time is a number of milliseconds
createResilientClient({ timeout: 'soon' });
