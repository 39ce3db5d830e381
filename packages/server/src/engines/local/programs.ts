import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesVersion } from '../engine.ts';

/** A version of Kubernetes whose programs are there, and the folder that holds them. */
export interface ProgramVersion extends KubernetesVersion {
  readonly folder: string;
}

/** The programs that clusters are made of. */
export interface Programs {
  readonly etcd: string;
  /** Newest first, one for each minor: the newest patch release. */
  readonly versions: readonly ProgramVersion[];
}

/** The programs in a folder cannot be used. The message says what is missing, for an operator. */
export class ProgramsMissingError extends Error {
  override readonly name = 'ProgramsMissingError';
}

const NAMES = ['kube-apiserver', 'kube-controller-manager'];
const VERSION = /^v1\.(\d+)\.(\d+)$/;

/**
 * Finds the programs in `folder`: `etcd`, and for each version a folder such as `v1.36.3` with the programs of upstream's server archive
 * (`kubernetes/server/bin`). @throws {ProgramsMissingError}
 */
export function findPrograms(folder: string): Programs {
  const etcd = join(folder, 'etcd');
  if (!existsSync(etcd))
    throw new ProgramsMissingError(`There is no program ${etcd}; put etcd there, or name another folder in OPENKUPE_KUBERNETES_PROGRAMS`);
  const found = readdirSync(folder).flatMap((name) => {
    const [, minor, patch] = VERSION.exec(name) ?? [];
    const isWhole = minor !== undefined && NAMES.every((program) => existsSync(join(folder, name, program)));
    return isWhole ? [{ minor: `1.${minor}`, full: name, folder: join(folder, name), order: [Number(minor), Number(patch)] as const }] : [];
  });
  found.sort((one, other) => other.order[0] - one.order[0] || other.order[1] - one.order[1]);
  const versions = found
    .filter(({ minor }, at) => found.findIndex((other) => other.minor === minor) === at)
    .map(({ order: _order, ...version }) => version);
  if (versions.length > 0) return { etcd, versions };
  throw new ProgramsMissingError(
    `No folder in ${folder} has ${NAMES.join(' and ')} of a version, such as ${join(folder, 'v1.36.3', 'kube-apiserver')}; put them there`,
  );
}
