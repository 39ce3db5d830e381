import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'openkupe-compiled-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Prints at its end which libraries that strip types Node has loaded. */
const REPORT = `process.on('exit', () => console.error('loaded:' + process.moduleLoadList.filter((name) => name.includes('amaro'))))`;
// NOTE: without NODE_COMPILE_CACHE, as for users, the entry point decides where compiled sources are kept.
const variables = { NODE_COMPILE_CACHE: '', NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(REPORT)}"` };

testOfOwnServer('a second start needs nothing that strips types from the sources', async () => {
  const loaded: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    const server = await startServer({ dataFolder: join(folder, `data-${start}`), variables });
    await server.stop();
    loaded.push(/^loaded:(.*)$/m.exec(server.process.output.stderr)?.[1] ?? 'not reported');
  }
  expect(loaded.at(-1)).toBe('');
});
