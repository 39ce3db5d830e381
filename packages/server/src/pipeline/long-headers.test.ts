import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess({ OPENKUPE_TRUSTED_PROXIES: '127.0.0.1', OPENKUPE_FORWARDING_HEADER: 'forwarded' });
});
afterEach(() => server.stop());

// NOTE: a hundred times what the parser of Node lets through, so that time which grows with the square of the input cannot be overlooked.
const LENGTH = 1_000_000;
const NAMES = ['forwarded', 'authorization', 'accept', 'if-match', 'idempotency-key', 'x-request-id', 'x-request-deadline', 'content-type'];
const FILLERS = [' ', 'a', '"', ',', ';', '=', '/', 'for="', 'q=0.1;', 'application/problem+json,', 'Bearer ', '1', '\t'];

it.each(NAMES)('a header %s is read in linear time, whatever it is made of', async (name) => {
  for (const filler of FILLERS) {
    const long = filler.repeat(Math.floor(LENGTH / filler.length));
    for (const value of [`${long}x`, `for="${long}x`, `Bearer ${long}x`, `application/problem+json;${long}x`]) {
      const request = { method: 'PATCH', path: '/api/v1/tenants/demo', body: { enforceLogLimit: false } };
      const received = await server.send({ ...request, headers: { [name]: value } });
      expect(received.status).toBeGreaterThanOrEqual(200);
    }
  }
});
