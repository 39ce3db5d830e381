import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { readEtcdState } from './etcd-place.ts';

const STATE = { port: 1, peerPort: 2, authority: { certificatePem: 'a', privateKeyPem: 'b' } };

it.each([
  ['as it was written', JSON.stringify(STATE), STATE],
  ['half of it', JSON.stringify(STATE).slice(0, 20), undefined],
  ['nothing of it', '{}', undefined],
  ['another type', 'null', undefined],
])('reads the state of etcd from a file that holds it %s', async (_what, text, state) => {
  const path = join(scratchFolder(), 'etcd.json');
  writeFileSync(path, text);
  expect(await readEtcdState(path)).toEqual(state);
});

it('takes no file for no state, and does not make it anew where the file cannot be read now', async () => {
  const path = join(scratchFolder(), 'etcd.json');
  expect(await readEtcdState(path)).toBeUndefined();
  mkdirSync(path);
  await expect(readEtcdState(path)).rejects.toThrow('EISDIR');
});
