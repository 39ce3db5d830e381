import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';

/** What every kind of exchange here can show of an answer. */
export interface Refusable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const LEAKS = /\bat \S+ \(|node:|node_modules|\.ts:\d|SQLITE|undefined|\[object |kupe_[0-9a-f]{8}_/;

/**
 * Checks that an answer is the error envelope of the page: this status, JSON, one field, one sentence for a person, and a request id
 * to quote. Returns the sentence. `says` are what the message has to contain for a caller to know what to do.
 */
export function expectRefusal(answer: Refusable, status: number | readonly number[], ...says: readonly (string | RegExp)[]): string {
  const context = `${answer.status} ${answer.text.slice(0, 300)}`;
  expect([status].flat(), context).toContain(answer.status);
  expect(answer.headers['content-type'], context).toMatch(/^application\/json(;|$)/);
  expect(answer.headers['x-request-id'], context).toMatch(/^\S{8,}$/);
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  expect(Object.keys(body), context).toEqual(['error']);
  expect(body.error, context).toBeTypeOf('string');
  const message = String(body.error);
  expect(message.trim().split(/\s+/).length, `"${message}" is no sentence`).toBeGreaterThanOrEqual(3);
  expect(message).not.toMatch(/^\s*[{[<]|\n/);
  expect(message).not.toMatch(LEAKS);
  for (const part of says) {
    if (typeof part === 'string') expect(message).toContain(part);
    else expect(message).toMatch(part);
  }
  return message;
}
