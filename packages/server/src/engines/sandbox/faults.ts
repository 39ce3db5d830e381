/** The faults that can be injected into a sandbox cluster, with what each does. */
export const FAULTS = {
  'apply-fails': 'apply is refused',
  'never-ready': 'the control plane never finishes starting',
  degraded: 'the control plane reports itself unhealthy and its /readyz answers 500',
  unreachable: 'nothing listens at the endpoint',
  'replica-lost': 'a highly available cluster has lost one replica of each tier',
  'quorum-lost': 'a highly available cluster has one replica of etcd left',
  'never-gone': 'destruction never finishes',
} as const;
/** The name of a fault. */
export type Fault = keyof typeof FAULTS;

/** The faults that are switched on, in memory. */
export interface Faults {
  /** Switches `fault` on for the cluster with this uid or name, replacing any other; `undefined` clears it. */
  setFault(uidOrName: string, fault: Fault | undefined): void;
  /** The fault of a cluster; one set by uid takes precedence over one set by name. */
  faultOf(ref: { readonly uid: string; readonly name: string }): Fault | undefined;
}

/** Makes an empty set of faults. */
export function createFaults(): Faults {
  const faults = new Map<string, Fault>();
  return {
    setFault(uidOrName, fault) {
      if (fault) faults.set(uidOrName, fault);
      else faults.delete(uidOrName);
    },
    faultOf: ({ uid, name }) => faults.get(uid) ?? faults.get(name),
  };
}
