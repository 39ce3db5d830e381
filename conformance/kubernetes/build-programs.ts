import { spawn } from 'node:child_process';
import { BUILD, CANNOT_BUILD } from './programs.ts';

/** Builds what the tests on Kubernetes start, before the first of them, so that no test waits for it. */
export async function setup(): Promise<void> {
  if (process.platform !== 'linux') return;
  const child = spawn(BUILD, ['l1', 'v135', 'kwok', 'capi', 'kubectl'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  if (status !== 0 && status !== CANNOT_BUILD) throw new Error('The programs of Kubernetes could not be built, for the reason above');
}
