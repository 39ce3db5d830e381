import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { describe, expect, test } from 'vitest';
import { launchServer } from '../start-server.ts';

const UNIT = fileURLToPath(new URL('../../deploy/systemd/openkupe.service', import.meta.url));
const analyze = programOnPath('systemd-analyze');
/** An exposure of at most 2.0, of 10, in tenths. */
const MOST_EXPOSURE = '20';

describe.skipIf(!analyze)('the systemd unit (needs systemd-analyze on the PATH: Debian has it in systemd)', () => {
  test('is exposed to little', () => {
    const flags = ['security', '--no-pager', '--offline=true', `--threshold=${MOST_EXPOSURE}`, UNIT];
    const { status, stdout, stderr } = spawnSync(analyze ?? '', flags, { encoding: 'utf8' });
    expect([status, stderr], stdout.slice(-200)).toEqual([0, '']);
  });
});

test('the systemd unit starts the server with flags that it knows', async () => {
  const [, given = ''] = /^ExecStart=\S+ \S+openkupe-server\.cjs (.*)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
  const flags = given.replace(/--config \S+ /, '').split(' ');
  const checked = launchServer(['config', 'check', ...flags]);
  expect(await checked.ended).toMatchObject({ code: 0 });
  expect(checked.output.stdout).toBe('The settings are right.\n');
});
