import { parsed } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { commaList } from '../comma-list.ts';

/** Labels that were given: a value to set, `null` to remove. */
export type GivenLabels = Readonly<Record<string, string | null>>;

/** Reads `env=prod,tier=web,old-`, as `kubectl label` takes it. */
function readLabels(text: string): GivenLabels {
  const labels = commaList('label')(text).map((one): [string, string | null] => {
    const at = one.indexOf('=');
    if (at > 0) return [one.slice(0, at), one.slice(at + 1)];
    if (at === -1 && one.length > 1 && one.endsWith('-')) return [one.slice(0, -1), null];
    throw misuse(`--label has ${JSON.stringify(one)}; write key=value, or key- to remove it, with commas between them.`);
  });
  return Object.fromEntries(labels);
}

/** The flag of what sets labels. */
export const LABEL_FLAG = {
  label: parsed('labels', 'Labels, like env=prod,tier=web; key- removes one.', readLabels),
} as const;
