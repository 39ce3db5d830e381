import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { warnOfExpiry } from './certificate.ts';

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
