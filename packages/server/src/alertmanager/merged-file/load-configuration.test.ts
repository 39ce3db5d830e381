import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, expect, it } from 'vitest';
import type { AlertmanagerApi, Reload } from './alertmanager-api.ts';
import { createLoader, type Loaded } from './load-configuration.ts';

const NEXT = { text: 'next', revision: 'openkupe-next' };
const FORMER = { text: 'former', revision: 'openkupe-former' };
const clock = createManualClock();
let file: string;
let written: string[];
beforeEach(() => {
  file = '';
  written = [];
});

/** Loads against an Alertmanager that answers each reload with the next of these; `runs` is whether it is there. */
async function loaded(reloads: Reload[], runs: () => boolean = () => true): Promise<Loaded> {
  let revision: string | undefined = FORMER.revision;
  const api: AlertmanagerApi = {
    running: async () => (runs() ? { outcome: 'running', version: '1', revision } : { outcome: 'silent', detail: 'ECONNREFUSED' }),
    reload: async () => {
      const reload = reloads.shift() ?? { outcome: 'loaded' };
      if (reload.outcome === 'loaded') revision = file === NEXT.text ? NEXT.revision : FORMER.revision;
      return reload;
    },
  };
  const write = async (text: string) => {
    file = text;
    written.push(text);
  };
  const load = createLoader({ api, write, file: '/etc/am.yml', clock, signal: new AbortController().signal });
  const result = load(NEXT, FORMER);
  await clock.runUntil(result);
  return result;
}

const BROKEN: Reload = { outcome: 'broken', detail: 'ECONNRESET' };

it('keeps what is taken in the file', async () => {
  expect([await loaded([]), file]).toEqual([{ outcome: 'taken' }, 'next']);
});

it('puts the former one back where the next one is refused, or Alertmanager is silent', async () => {
  expect([await loaded([{ outcome: 'refused', said: 'no' }]), file]).toEqual([{ outcome: 'refused', said: 'no' }, 'former']);
  expect([await loaded([{ outcome: 'silent', detail: 'x' }]), file]).toEqual([{ outcome: 'unknown', detail: 'Alertmanager: x' }, 'former']);
});

it('takes one end of Alertmanager for chance, and the second one for the configuration', async () => {
  expect([await loaded([BROKEN]), file]).toEqual([{ outcome: 'taken' }, 'next']);
  written = [];
  expect([await loaded([BROKEN, BROKEN]), written]).toEqual([
    { outcome: 'refused', said: 'Alertmanager ended while it read this configuration' },
    ['next', 'former', 'next', 'former'],
  ]);
});

it('waits for an Alertmanager that ended for a bounded time, with the former one in the file', async () => {
  const startedMs = clock.monotonic();
  expect(await loaded([BROKEN], () => false)).toMatchObject({ outcome: 'unknown' });
  expect([file, clock.monotonic() - startedMs]).toEqual(['former', 30_000]);
});

it.each(['/etc/am.yml', 'am.yml'])('takes a file that Alertmanager may not read, as %s, for no fault of a tenant', async (path) => {
  const said = `failed to reload config: open ${path}: permission denied\n`;
  expect(await loaded([{ outcome: 'refused', said }])).toEqual({ outcome: 'unknown', detail: `Alertmanager: ${said.trim()}` });
});

it('takes a text of a tenant that Alertmanager repeats for a fault of the tenant', async () => {
  const said = 'failed to reload config: yaml: unmarshal errors:\n  line 9: field open /etc/am.yml: not found in type config.plain\n';
  expect(await loaded([{ outcome: 'refused', said }])).toEqual({ outcome: 'refused', said });
});
