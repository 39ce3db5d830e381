import type { SyncTarget } from '@openkupe/contract/resources/secret';
import { parsed } from '../../command.ts';
import { type FailureDetails, misuse, type NextStep } from '../../failure/failure.ts';
import { commaList } from '../comma-list.ts';

function readTarget(text: string): SyncTarget {
  const [cluster = '', namespace = '', secretName, ...more] = text.split('/');
  if (cluster === '' || namespace === '' || secretName === '' || more.length > 0) {
    throw misuse(`--sync has ${JSON.stringify(text)}; write cluster/namespace, or cluster/namespace/name for another name there.`);
  }
  return { cluster, namespace, ...(secretName !== undefined && { secretName }) };
}

/** The flag that says where the values of a secret go. */
export const SYNC_FLAG = {
  sync: parsed('targets', 'Where its values go: cluster/namespace or cluster/namespace/name, with commas between them.', (text) =>
    commaList('sync')(text).map(readTarget),
  ),
} as const;

/** Where a secret is not there, the command that shows those that are. */
export function nextForSecret({ status, outcome }: FailureDetails): NextStep | undefined {
  if (status === 404) return { run: 'openkupe secret list', why: 'shows the secrets there are' };
  return outcome === 'unknown' ? { run: 'openkupe secret list', why: 'shows whether it happened' } : undefined;
}
