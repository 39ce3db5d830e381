import { expect, it } from 'vitest';
import { publicText } from './public-text.ts';

it.each([
  [
    'failed to do request: Head "https://registry.internal:5000/v2/x": dial tcp: lookup registry.internal on 10.96.0.10:53: no such host',
    'failed to do request: Head "[url]": dial tcp: lookup [name] on [address]: no such host',
  ],
  ['dial tcp [fd00::7]:443: connect: connection refused', 'dial tcp [address]: connect: connection refused'],
  [
    'services is forbidden: User "system:serviceaccount:ops:openkupe" cannot create resource "services" in the namespace "kupe-1"',
    'services is forbidden: openkupe cannot create resource "services" in the namespace "kupe-1"',
  ],
  ['0/3 nodes are available:\n 3 Insufficient cpu.', '0/3 nodes are available: 3 Insufficient cpu.'],
  ['v1.36.3 [1:2] at 12:30:45', 'v1.36.3 [address] at 12:30:45'],
])('%s', (message, text) => {
  expect(publicText(message)).toBe(text);
});

it('is short, however long the message is', () => {
  expect(publicText('x '.repeat(1_000_000))).toHaveLength(400);
});
