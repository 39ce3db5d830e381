import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The script that builds programs of Kubernetes. */
export const BUILD = fileURLToPath(new URL('../../tools/kubernetes/build.sh', import.meta.url));
/** The exit code of {@link BUILD} where it cannot run. */
export const CANNOT_BUILD = 77;

/** For the title of a suite that needs the programs. */
export const NEEDS_KUBERNETES =
  '(needs Linux and the programs of Kubernetes: install Go 1.26, or name a folder with the programs in OPENKUPE_KUBERNETES_PROGRAMS)';

/**
 * The folder with the programs of these sets, as the script names them; `undefined` where they cannot be built, so that a suite is skipped. Throws
 * where the build fails. Builds what is missing, which takes minutes the first time.
 */
export function programsOf(...sets: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const { status, stdout, stderr } = spawnSync(BUILD, sets, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (status === CANNOT_BUILD) return undefined;
  if (status !== 0) throw new Error(`The programs of Kubernetes could not be built: ${stderr.trim().slice(-2_000)}`);
  return stdout.trim();
}
