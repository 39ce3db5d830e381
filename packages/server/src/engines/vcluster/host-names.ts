import { withoutTrailing } from '@openkupe/contract';
import type { ClusterRef } from '../engine.ts';
import { hostNamespace, labelsOf, OWNED_BY_OPENKUPE, UID_LABEL } from '../kubernetes/labels.ts';

/** What the objects of a cluster are called on the host cluster. */
export interface HostNames {
  /** One namespace for each cluster. The uid keeps it apart from one of that name that is still being deleted. */
  readonly namespace: string;
  /** NAME of vCluster: its StatefulSet and Service, and part of `vc-NAME` and `vc-config-NAME`. */
  readonly release: string;
  /** The mark of openkupe. Nothing without it is ever changed or deleted. */
  readonly labels: Readonly<Record<string, string>>;
  /** Selects exactly the objects with the mark of this cluster. */
  readonly selector: string;
}

/** A Service of the chart is called `NAME-etcd-headless` and a pod's label holds `NAME-HASH`; both may have 63 characters. */
const LONGEST_RELEASE = 40;

const cut = (name: string, length: number) => withoutTrailing(name.slice(0, length), '-');

/** The names of a cluster's objects on the host cluster. */
export function hostNames({ tenant, name, uid }: Pick<ClusterRef, 'tenant' | 'name' | 'uid'>): HostNames {
  // NOTE: a Service's name begins with a letter, a cluster's may begin with a digit.
  const release = cut(/^\d/.test(name) ? `c-${name}` : name, LONGEST_RELEASE);
  return {
    namespace: hostNamespace({ uid, name }),
    release,
    labels: labelsOf({ tenant, name, uid }),
    selector: `${UID_LABEL}=${uid},${OWNED_BY_OPENKUPE}`,
  };
}
