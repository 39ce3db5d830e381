import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { systemClock } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HOST, keptPort } from './free-port.ts';

let taken: Server;
let port: number;
beforeEach(async () => {
  taken = createServer().listen(0, HOST);
  await once(taken, 'listening');
  port = (taken.address() as AddressInfo).port;
});
afterEach(() => void taken.close());

it('a port whose process is about to end is kept', async () => {
  const kept = keptPort(port, systemClock);
  await systemClock.sleep(100);
  taken.close();
  expect(await kept).toBe(port);
});

it('a port that another holds is given up', async () => {
  let nowMs = 0;
  const clock = {
    monotonic: () => nowMs,
    async sleep(ms: number) {
      nowMs += ms;
    },
  };
  expect(await keptPort(port, clock)).not.toBe(port);
  expect(nowMs).toBe(3_000);
});
