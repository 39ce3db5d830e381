import { idsIn } from '../workload/edit-clusters.ts';
import type { Ended, Validator } from '../world/observers.ts';
import type { StoreHost } from '../world/store-host.ts';
import type { ClusterModel } from './cluster-model.ts';

/**
 * What was acknowledged to a client is there, what was reported as not applied is not, and nothing happened twice. In the end the rows that the store
 * reads from its files, opened anew, are those that its commits made.
 */
export function createAcknowledgedWrites(model: ClusterModel, host: StoreHost): Validator {
  const ended: Ended[] = [];
  const isWritten = ({ kind, id }: Ended) => {
    if (kind === 'create') return model.all.some(({ createdBy }) => createdBy === id);
    return model.all.some(({ ids }) => ids.includes(id));
  };
  return {
    name: 'no-acknowledged-write-lost',
    ended(fact) {
      if (fact.kind !== 'create' && fact.kind !== 'append') return;
      ended.push(fact);
      if (fact.outcome === 'applied' && !isWritten(fact)) throw new Error(`${fact.kind} ${fact.id} was acknowledged, and is nowhere`);
    },
    async settled() {
      const refused = ended.find((fact) => fact.outcome === 'not-applied' && isWritten(fact));
      if (refused) throw new Error(`${refused.kind} ${refused.id} was reported as not applied, and is there`);
      const creations = model.all.map(({ createdBy }) => createdBy);
      const twice = creations.find((id, at) => creations.indexOf(id) !== at);
      if (twice !== undefined) throw new Error(`create ${twice} made two clusters`);
      await host.reopen();
      const rows = await host.store.list('cluster');
      const shown = rows.map(({ uid, spec }) => `${uid} ${idsIn(spec.alerts).join(' ')}`).sort();
      const expected = model.all.flatMap(({ uid, ids, isGone }) => (isGone ? [] : [`${uid} ${ids.join(' ')}`])).sort();
      if (shown.join('\n') !== expected.join('\n'))
        throw new Error(`the store reads\n${shown.join('\n')}\nand committed\n${expected.join('\n')}`);
    },
  };
}
