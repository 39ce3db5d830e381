import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@openkupe/contract';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { connectToHost } from './host-client.ts';

const connect = (file: string | undefined) => connectToHost(file, [], { clock: systemClock, random: systemRandom });

it('says what to set where there is neither a kubeconfig nor a pod', async () => {
  await expect(connect(undefined)).rejects.toThrow(/^OPENKUPE_HOST_KUBECONFIG is empty, .* name the kubeconfig of the host cluster$/);
});

it('names the setting whose file is not there, or holds no kubeconfig', async () => {
  const file = join(scratchFolder(), 'config');
  const problem = 'The kubeconfig of the host cluster (OPENKUPE_HOST_KUBECONFIG) cannot be used: ';
  await expect(connect(file)).rejects.toThrow(`${problem}ENOENT`);
  writeFileSync(file, '- a');
  await expect(connect(file)).rejects.toThrow(`${problem}The kubeconfig holds no fields`);
});
