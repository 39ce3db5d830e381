import type { FailureDetails, NextStep } from '../../failure/failure.ts';

/** What to run after a failure that concerns one cluster. */
export function clusterNextStep(failure: FailureDetails, name: string): NextStep | undefined {
  const showCluster = `openkupe cluster get ${name}`;
  if (failure.outcome === 'unknown') return { run: showCluster, why: 'shows whether it happened' };
  switch (failure.status) {
    case 404:
      return { run: 'openkupe cluster list', why: 'shows the clusters there are' };
    case 409:
    case 412:
      return { run: showCluster, why: 'shows what is there now' };
    default:
      return undefined;
  }
}
