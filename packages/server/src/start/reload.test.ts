import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSettings } from '../config/read-settings.ts';
import type { LogFields } from '../log/log.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { createReload } from './reload.ts';

it('a reload takes on the level of the log, names what needs a restart once per change, and changes nothing where a setting is wrong', async () => {
  const folder = scratchFolder();
  const file = join(folder, 'c.yaml');
  const read = () => readSettings(['--config', file], {}, folder);
  writeFileSync(file, 'log-level: warn\n');
  const lines: [string, LogFields][] = [];
  const applied: string[] = [];
  const log = {
    info: () => {},
    warn: (fields: LogFields) => lines.push(['warn', fields]),
    error: (fields: LogFields) => lines.push(['error', fields]),
  };
  const reload = createReload(await read(), { read, apply: ({ logLevel }) => applied.push(logLevel), log });

  writeFileSync(file, 'log-level: debug\nport: 9\n');
  await reload();
  writeFileSync(file, 'log-level: loud\n');
  await reload();
  writeFileSync(file, 'log-level: info\n');
  await reload();
  expect(applied).toEqual(['debug', 'info']);
  expect(lines).toEqual([
    ['warn', { settings: ['port'] }],
    ['error', { problems: [expect.stringContaining('(OPENKUPE_LOG_LEVEL) must be one of debug, info')] }],
  ]);
});
