import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, type LabelValues, LIMITS } from '@openkupe/contract';
import { invalidField } from '../../errors/refusal.ts';
import type { ClusterSpec } from '../../store/resource.ts';

const KEY = new RegExp(LABEL_KEY_PATTERN);
const VALUE = new RegExp(LABEL_VALUE_PATTERN);
/** Keys that the engines mark their own objects with. */
const RESERVED = /^([^/]*\.)?kupe\.io\//;

const pointerOf = (key: string) => `labels/${key.slice(0, 80).replaceAll('~', '~0').replaceAll('/', '~1')}`;
const shown = (text: string) => JSON.stringify(text.slice(0, 80));

function checkLabel(key: string, value: string): void {
  if (!KEY.test(key)) {
    const message = `labels has the key ${shown(key)}; a key must be 1 to 63 letters, digits, "-", "_" or ".", like "env" or "example.com/env"`;
    throw invalidField(pointerOf(key), message);
  }
  if (RESERVED.test(key)) throw invalidField(pointerOf(key), `labels has the key ${shown(key)}; keys below kupe.io/ are reserved`);
  if (VALUE.test(value)) return;
  const message = `labels[${shown(key)}] must be at most 63 letters, digits, "-", "_" or ".", and begin and end with a letter or digit, not ${shown(value)}`;
  throw invalidField(pointerOf(key), message);
}

/** Refuses labels that Kubernetes would not take, and more than a cluster may have. */
function checkLabels(labels: LabelValues): void {
  for (const [key, value] of Object.entries(labels)) checkLabel(key, value);
  const count = Object.keys(labels).length;
  if (count > LIMITS.labelsPerCluster) throw invalidField('labels', `labels must be at most ${LIMITS.labelsPerCluster}, not ${count}`);
  const bytes = Buffer.byteLength(JSON.stringify(labels));
  if (bytes > LIMITS.labelsBytes) throw invalidField('labels', `labels must be at most ${LIMITS.labelsBytes} bytes of JSON, not ${bytes}`);
}

/**
 * The labels after a change: each that was sent is set, or removed by null, and an empty object removes all. As a part of a spec, which has
 * none where there are none. 400 for labels that cannot be.
 */
export function withLabels(current: LabelValues, sent: Readonly<Record<string, string | null>> | undefined): Pick<ClusterSpec, 'labels'> {
  const isCleared = sent && Object.keys(sent).length === 0;
  const merged = Object.entries({ ...(isCleared ? {} : current), ...sent }).filter((label): label is [string, string] => label[1] !== null);
  const labels = Object.fromEntries(merged);
  if (sent) checkLabels(labels);
  return merged.length === 0 ? {} : { labels };
}
