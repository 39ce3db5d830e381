import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { createAuthority, issueServerCertificate } from '../engines/x509/certificates.ts';
import type { LogFields } from '../log/log.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { loadCertificate, warnOfExpiry, watchCertificate } from './certificate.ts';

const LOOK_MS = 2_000;

/** The files of a certificate with its authority behind it, and what writes others. */
function givenFiles() {
  const folder = scratchFolder();
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  const random = createSeededRandom(1);
  const issue = () => {
    const authority = createAuthority('authority', Date.UTC(2026, 0, 1), random);
    const { certificatePem, privateKeyPem } = issueServerCertificate(authority, ['localhost'], Date.UTC(2026, 0, 1), random);
    return { leaf: certificatePem, chain: certificatePem + authority.certificatePem, key: privateKeyPem };
  };
  const write = (cert: string, key: string) => {
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
  };
  return { files, issue, write };
}

it('a renewed certificate is taken on once it is whole, and one that TLS cannot use is not', async () => {
  const { files, issue, write } = givenFiles();
  const [first, second] = [issue(), issue()];
  write(first.chain, first.key);
  const clock = createManualClock();
  const taken: string[] = [];
  const complaints: LogFields[] = [];
  const log = { info: () => {}, warn: () => {}, error: (fields: LogFields) => complaints.push(fields) };
  const stopped = new AbortController();
  const renew = ({ cert }: { cert: string }) => taken.push(cert);
  const watched = watchCertificate(files, await loadCertificate(files), { renew, clock, log }, stopped.signal);
  const look = async () => {
    await clock.advance(LOOK_MS);
    await expect.poll(() => clock.sleeping).toBe(1);
  };
  write(second.leaf + second.chain.slice(second.leaf.length, second.leaf.length + 100), second.key);
  await look();
  await look();
  expect(complaints).toEqual([
    { err: expect.objectContaining({ message: expect.stringMatching(/tls.crt" cannot be used for TLS \(ERR_/) }) },
  ]);
  write(second.leaf, second.key);
  await look();
  write(second.chain, second.key);
  await look();
  expect(taken).toEqual([]);
  await look();
  await look();
  expect(taken).toEqual([second.chain]);
  stopped.abort();
  await watched;
});

it.each([
  [30, []],
  [3, ['the TLS certificate expires within a week; renew it']],
  [-1, ['the TLS certificate has expired: clients refuse it; renew it']],
])('a certificate that ends in %i days: %j', (days, expected) => {
  const clock = createManualClock();
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (_: unknown, message: string) => warnings.push(message), error: () => {} };
  warnOfExpiry({ cert: '', key: '', endsAtMs: clock.now() + days * 86_400_000 }, { clock, log });
  expect(warnings).toEqual(expected);
});
