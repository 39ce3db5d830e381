import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '../../config/environment.ts';

const SCRIPT = fileURLToPath(new URL('../../../../../tools/kubernetes/build.sh', import.meta.url));

/**
 * Has the programs of Kubernetes built by the script of the repository, which says on stderr what it does and why it cannot; minutes the first
 * time, no time later. Returns their folder.
 */
export async function buildPrograms(): Promise<string> {
  const child = spawn('bash', [SCRIPT, 'l1', 'v135'], { stdio: ['ignore', 'pipe', 'inherit'], env: processEnvironment() });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const folder = printed.trim();
  if (code === 0 && folder !== '') return folder;
  throw new Error(
    'The engine local has no programs of Kubernetes, for the reason above; name a folder with them in OPENKUPE_KUBERNETES_PROGRAMS',
  );
}
