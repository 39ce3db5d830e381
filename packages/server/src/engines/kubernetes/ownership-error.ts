import type { KubernetesObject } from './kubernetes-object.ts';

/** Something of another owner has a name that a cluster needs on its host. It is left alone. */
export class OwnershipError extends Error {
  override readonly name = 'OwnershipError';

  constructor({ kind, metadata }: Pick<KubernetesObject, 'kind' | 'metadata'>) {
    const where = metadata.namespace === undefined ? '' : ` in the namespace "${metadata.namespace}"`;
    super(`The ${kind} "${metadata.name}"${where} of the host cluster is not of this cluster; move it away, then it goes on by itself`);
  }
}
