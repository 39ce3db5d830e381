import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { createUploadLimit, type Upload, type UploadLimits } from './upload-limit.ts';

const LIMITS: UploadLimits = { uploads: 3, bytes: 100, totalBytes: 250, longestMs: 30_000 };
const ADDRESS = '192.0.2.1';

function setUp() {
  const clock = createManualClock();
  const limit = createUploadLimit({ clock, limits: LIMITS });
  const begin = (address = ADDRESS): Upload => {
    const upload = limit.begin(address);
    if (!upload.isAdmitted) throw new Error('refused');
    return upload;
  };
  return { clock, limit, begin };
}

it('admits so many of one address, and more of others', () => {
  const { limit, begin } = setUp();
  const uploads = [begin(), begin('::ffff:192.0.2.1'), begin()];
  expect(limit.begin(ADDRESS).isAdmitted).toBe(false);
  begin('192.0.2.2');
  uploads[1]?.[Symbol.dispose]();
  uploads[1]?.[Symbol.dispose]();
  begin();
  expect(limit.begin(ADDRESS).isAdmitted).toBe(false);
});

it('counts an IPv6 /64 as one address', () => {
  const { limit, begin } = setUp();
  for (const host of ['1', '2', '3']) begin(`2001:db8::${host}`);
  expect(limit.begin('2001:db8::4').isAdmitted).toBe(false);
  begin('2001:db8:0:1::1');
});

it('tells the refused when the oldest of the address has ended at the latest', async () => {
  const { clock, limit, begin } = setUp();
  begin('192.0.2.2');
  const uploads = [];
  for (let upload = 0; upload < 3; upload += 1) {
    await clock.advance(1_000);
    uploads.push(begin());
  }
  expect(limit.begin(ADDRESS)).toEqual({ isAdmitted: false, retryAfterMs: 28_000 });
  uploads[0]?.[Symbol.dispose]();
  begin();
  expect(limit.begin(ADDRESS)).toEqual({ isAdmitted: false, retryAfterMs: 29_000 });
});

it('keeps so many bytes of one address, and of all', () => {
  const { begin } = setUp();
  const one = begin();
  const same = begin();
  expect([one.grow(60), same.grow(40), same.grow(1), one.grow(1)]).toEqual(['fits', 'fits', 'address-full', 'address-full']);
  expect([begin('192.0.2.2').grow(100), begin('192.0.2.3').grow(51)]).toEqual(['fits', 'full']);
  one[Symbol.dispose]();
  expect([begin('192.0.2.3').grow(51), same.grow(60)]).toEqual(['fits', 'full']);
});
