import type { ClusterResources } from '@openkupe/contract/resources/cluster';
import { text } from '../../command.ts';

/** The flags that describe what a cluster may use. Quantities are sent exactly as written. */
export const RESOURCE_FLAGS = {
  cpu: text('cores', 'Cores, like 4, 1.5 or 500m.'),
  memory: text('size', 'Memory with its unit, like 16Gi.'),
  storage: text('size', 'Storage with its unit, like 100Gi.'),
} as const;

/** The values of {@link RESOURCE_FLAGS}. */
export type ResourceValues = { readonly [Name in keyof typeof RESOURCE_FLAGS]: string | undefined };

/** The resources that were given, and no others. */
export function givenResources({ cpu, memory, storage }: ResourceValues): ClusterResources {
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(storage === undefined ? {} : { storage }),
  };
}
