import { LIMITS, ROUTES, type Route } from '@openkupe/contract';
import { expect, it } from 'vitest';
import { Refusal } from '../../packages/server/src/errors/refusal.ts';
import { parseJsonBody } from '../../packages/server/src/pipeline/receive-body.ts';
import { compileBodyCheck, hasMoreValues } from '../../packages/server/src/pipeline/validate.ts';
import { costlyRequests } from './requests.ts';

const REQUESTS = costlyRequests();
const WITH_BODY = (ROUTES as readonly Route[]).filter(({ body }) => body !== undefined);
/** A value can lack as many fields as a schema requires of an object, and no schema requires more than two. */
const MOST_FINDINGS = 2 * LIMITS.searchedValues;

/** The value of a body that is read to its end, and nothing of one that is refused before. */
function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJsonBody(Buffer.from(text)) };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

it.each(WITH_BODY.map((route) => [route.id, route] as const))(
  '%s: what a body costs does not grow with what is wrong with it',
  (id, { body = {} }) => {
    const check = compileBodyCheck(body);
    const bodies = REQUESTS.filter(({ name }) => name.startsWith(`${id}: `));
    expect(bodies.length).toBeGreaterThan(20);
    let read = 0;
    for (const { name, body: text = '' } of bodies) {
      const got = parsed(text);
      if (!got) continue;
      read += 1;
      expect([name, hasMoreValues(got.value, LIMITS.bodyValues)]).toEqual([name, false]);
      const findings = check(got.value).length;
      expect([name, findings > (hasMoreValues(got.value, LIMITS.searchedValues) ? 1 : MOST_FINDINGS)]).toEqual([name, false]);
    }
    expect(read).toBeGreaterThan(5);
  },
);

it.each([
  ['zeros', { sync: Array(2_000).fill(0) }, 1],
  ['zeros, few enough to look at each', { sync: Array(90).fill(0) }, 90],
  ['unknown fields', Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`k${at}`, 0])), 1],
])('finds in %s only so much', (_what, body, count) => {
  const route = WITH_BODY.find(({ id }) => id === 'secrets.update');
  expect(compileBodyCheck(route?.body ?? {})(body)).toHaveLength(count);
});
