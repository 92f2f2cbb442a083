import { describe, expect, test } from 'vitest';
import { routeOf, routeTemplate } from './route-template.ts';

describe('what differs from request to request is replaced', () => {
  test.each([
    ['42', ':id'],
    ['-1', ':id'],
    ['12,34', ':id'],
    ['2026-11-29', ':id'],
    ['550e8400-e29b-41d4-a716-446655440000', ':id'],
    ['550E8400E29B41D4A716446655440000', ':id'],
    ['507f1f77bcf86cd799439011', ':id'],
    ['deadbeefdeadbeefdeadbeef', ':id'],
    ['a1b2c3d4', ':id'],
    ['ada@example.com', ':id'],
    ['ada%40example.com', ':id'],
    ['J%C3%BCrgen', ':id'],
    ['cus_NffrFeUfNV2Hib', ':id'],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', ':id'],
    ['V1StGXR8_Z5jdHi6B-myT', ':id'],
    ['ORD-2026-0001', ':id'],
    ['C024BE91L', ':id'],
    ['x'.repeat(41), ':id'],
    ['x'.repeat(500), ':id'],
    ['42.json', ':id.json'],
    ['42:cancel', ':id:cancel'],
    ['42;v=2', ':id'],
    ['Orders(42)', 'Orders(:id)'],
    ["Orders('ALFKI')", 'Orders(:id)'],
  ])('%s', (segment, template) => {
    expect(routeTemplate(`https://api.example.com/a/${segment}/b`)).toBe(`https://api.example.com/a/${template}/b`);
  });
});

describe('words stay', () => {
  test.each([
    ...['orders', 'reset-password', 'v1', 'v2beta1', 'oauth2', 's3', 'i18n', 'products.json', 'messages:batchDelete'],
    ...['ListObjectsV2', 'getUserById', 'chat.postMessage', 'GetOrders()', 'well-known', '.well-known', '_search', ''],
    ...['internationalization', 'top-10-tips', 'deadline'],
  ])('%s', (segment) => {
    const url = `https://api.example.com/a/${segment}/b`;
    expect(routeTemplate(url)).toBe(url);
  });
});

test('query and fragment are left out', () => {
  expect(routeTemplate('https://api.example.com/a?b=1#c')).toBe('https://api.example.com/a');
  expect(routeTemplate('https://api.example.com?b=/x/1')).toBe('https://api.example.com');
});

test('a URL that a call was refused for may be relative, or none', () => {
  expect(routeTemplate('orders/42')).toBe('orders/:id');
  expect(routeTemplate('')).toBe('');
  expect(routeOf('orders/42')).toEqual({ host: '', path: 'orders/:id' });
});

test('host and path', () => {
  expect(routeOf('http://127.0.0.1:8080/orders/42?x')).toEqual({ host: '127.0.0.1:8080', path: '/orders/:id' });
  expect(routeOf('https://api.example.com')).toEqual({ host: 'api.example.com', path: '/' });
});
