import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '../../config/environment.ts';
import { SETTINGS } from '../../config/settings.ts';

const SCRIPT = fileURLToPath(new URL('../../../../../tools/kubernetes/build.sh', import.meta.url));

/**
 * Has the programs of Kubernetes built by the script of the repository, which says on stderr what it does and why it cannot; minutes the first
 * time, no time later. Returns their folder.
 */
export async function buildPrograms(): Promise<string> {
  // NOTE: the package that is published has JavaScript, and no script.
  if (!import.meta.url.endsWith('.ts'))
    throw new Error(
      `The engine local needs the programs of Kubernetes: name a folder with them in ${SETTINGS.kubernetesPrograms.variable} (docs/guide/local-clusters.md), or start it from a checkout, which builds them with Go`,
    );
  // NOTE: the settings of the server may hold secrets, and the script needs none of them.
  const env = Object.fromEntries(Object.entries(processEnvironment()).filter(([name]) => !name.startsWith('OPENKUPE_')));
  const child = spawn('bash', [SCRIPT, 'l1', 'v135'], { stdio: ['ignore', 'pipe', 'inherit'], env });
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
