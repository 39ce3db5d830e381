import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { openRaw, type RawConnection, responsesIn } from '../testing/raw-connection.ts';

let server: InProcess;
let client: RawConnection;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
  client = await openRaw(server.plane.http);
});
afterEach(async () => {
  client.socket.destroy();
  server.plane.http.server.closeAllConnections();
  await server.stop();
});

/** The answer to a PATCH whose body of so many bytes comes in chunks of a size. */
async function answer(length: number, bytes: number) {
  const body = '{"enforceLogLimit":false}'.padEnd(length);
  const chunks: string[] = [];
  for (let at = 0; at < length; at += bytes) {
    const chunk = body.slice(at, at + bytes);
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  const fields = `Host: a\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked`;
  client.write(`PATCH /api/v1/tenants/demo HTTP/1.1\r\n${fields}\r\nConnection: close\r\n\r\n${chunks.join('')}0\r\n\r\n`);
  return responsesIn(await client.rest())[0];
}

it.each([
  [4_000, 1],
  [100_000, 16],
  [100_000, 4_000],
])('takes a body of %i bytes in chunks of %i', async (length, bytes) => {
  expect((await answer(length, bytes))?.status).toBe(200);
});

it('refuses a body in thousands of tiny chunks, and says what to do', async () => {
  const refused = await answer(20_000, 1);
  expect(refused?.status).toBe(400);
  expect(JSON.stringify(refused)).toContain('thousands of tiny chunks');
});
