import { LABEL_SELECTOR, type LabelRequirement, matchesLabels, parseLabelSelector } from '@openkupe/contract';
import { invalidRequest } from '../../errors/refusal.ts';
import type { Call } from '../../pipeline/handler.ts';
import type { Resource } from '../../store/resource.ts';
import type { ScanRange } from '../../store/store.ts';
import { defineHandler } from '../define-handler.ts';
import { readPage } from '../read-page.ts';
import { textOfEach } from '../render-each.ts';
import { phaseOf, renderedCluster } from './render-cluster.ts';

const plain = (version: string) => version.replace(/^v/, '');

function requirementsOf(selector: string | undefined): readonly LabelRequirement[] {
  const requirements = selector === undefined ? [] : parseLabelSelector(selector);
  if (requirements) return requirements;
  const sent = JSON.stringify(selector?.slice(0, 60));
  throw invalidRequest(`The request is not valid: query parameter "labelSelector" must ${LABEL_SELECTOR.rule}, not ${sent}`);
}

/** What `phase`, `version`, `type` and `labelSelector` ask for; `undefined` where none of them was sent. */
function filterOf(
  { phase, version, type, labelSelector }: Call['query'],
  requirements: readonly LabelRequirement[],
): ((cluster: Resource<'cluster'>) => boolean) | undefined {
  if ((phase ?? version ?? type ?? labelSelector) === undefined) return undefined;
  const isVersion = (asked: string) => version === undefined || `${plain(asked)}.`.startsWith(`${plain(version)}.`);
  return (cluster) =>
    (phase === undefined || phaseOf(cluster) === phase) &&
    (type === undefined || cluster.spec.type === type) &&
    isVersion(cluster.spec.version) &&
    matchesLabels(requirements, cluster.spec.labels);
}

/** What every cluster that meets the requirements has to have, by which they are read: a label of one value, or else a key. */
function labelOf(requirements: readonly LabelRequirement[]): ScanRange['label'] {
  const present = requirements.filter(({ isNegated }) => !isNegated);
  const ofOneValue = present.find(({ values }) => values?.length === 1);
  if (ofOneValue) return { key: ofOneValue.key, value: ofOneValue.values?.[0] };
  return present[0] && { key: present[0].key };
}

/** The clusters of the tenant by name, those that are being deleted too. */
export const listClusters = defineHandler('clusters.list', {
  async load(call, deps) {
    const requirements = requirementsOf(call.query.labelSelector);
    return { page: await readPage('cluster', call, deps, filterOf(call.query, requirements), labelOf(requirements)) };
  },
  decide: (_call, { page: { rows, ...page } }) => ({ answer: { ...page, items: textOfEach(rows, (one) => renderedCluster(one).text) } }),
});
