import type { VclusterSettings } from './settings.ts';
import type { Live } from './settle.ts';

interface ClaimedBy {
  readonly volumeClaimTemplates?: readonly { readonly spec?: { readonly storageClassName?: string } }[];
}

/**
 * The settings with the StorageClass of the volumes that a cluster has: the templates of a StatefulSet cannot be changed, and volumes do not move. The
 * setting itself is for clusters without a StatefulSet yet.
 */
export function withStorageOf(live: Live, { storageClass: chosen, ...settings }: VclusterSettings): VclusterSettings {
  const claimed = [...live.values()].flatMap(({ kind, spec }) =>
    kind === 'StatefulSet' ? ((spec as ClaimedBy).volumeClaimTemplates ?? []) : [],
  );
  const [first] = claimed;
  const storageClass = first ? first.spec?.storageClassName : chosen;
  return storageClass === undefined ? settings : { ...settings, storageClass };
}
