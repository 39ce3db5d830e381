import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { createAuthority } from '../x509/certificates.ts';
import { keepCertificate } from './stored-certificate.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

it('issues a certificate where there is none, keeps a good one, and replaces what ends soon, has not begun or is of another authority', async () => {
  const path = join(scratchFolder(), 'serving.pem');
  const random = createSeededRandom(1);
  const authority = createAuthority('one', NOW - 3 * 365 * DAY_MS, random);
  const kept = async (atMs: number, by = authority) => {
    await keepCertificate(path, by, { commonName: 'x', usages: ['server'] }, { clock: { ...systemClock, now: () => atMs }, random });
    return new X509Certificate(readFileSync(path)).fingerprint256;
  };
  const first = await kept(NOW);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await kept(NOW + 300 * DAY_MS)).toBe(first);
  const renewed = await kept(NOW + 340 * DAY_MS);
  expect(renewed).not.toBe(first);
  const early = await kept(NOW - 40 * DAY_MS);
  expect(early).not.toBe(renewed);
  expect(new X509Certificate(readFileSync(path)).validFromDate.getTime()).toBeLessThan(NOW - 40 * DAY_MS);
  expect(await kept(NOW - 40 * DAY_MS, createAuthority('two', NOW - 365 * DAY_MS, random))).not.toBe(early);
});
