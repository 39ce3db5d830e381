import type { CallerPolicies } from '../rate-limit/caller-limits.ts';
import type { RateLimit } from '../rate-limit/gcra.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS, type SettingName } from './settings.ts';

/** The limits that can be set to shadow mode: counted, and never enforced. */
export const SHADOW_LIMITS = ['address', 'key', 'tenant', 'concurrency'] as const;
type ShadowLimit = (typeof SHADOW_LIMITS)[number];

const BURST_SECONDS = 5;
const HORIZON_MS = 60_000;
const MOST = 1_000_000;

function readRate(
  read: SettingReader,
  name: 'key' | 'tenant',
  [rate, burst]: [SettingName, SettingName],
  shadow: readonly ShadowLimit[],
): RateLimit | undefined {
  const hasBurst = read.text(burst) !== '';
  if (read.text(rate) === '') {
    if (hasBurst) read.problems.push(`${SETTINGS[burst].variable} needs ${SETTINGS[rate].variable}; give both or neither`);
    return undefined;
  }
  const perSecond = read.number(rate, { least: 0.01, most: MOST });
  const most = hasBurst ? read.number(burst, { least: 1, most: MOST, isWhole: true }) : Math.ceil(perSecond * BURST_SECONDS);
  return { name, perSecond, burst: most, horizonMs: HORIZON_MS, isShadow: shadow.includes(name) };
}

/** The limits per key and per tenant; `undefined` where none is set. */
export function readCallerPolicies(read: SettingReader, shadow: readonly ShadowLimit[]): CallerPolicies | undefined {
  const key = readRate(read, 'key', ['keyPerSecond', 'keyBurst'], shadow);
  const tenant = readRate(read, 'tenant', ['tenantPerSecond', 'tenantBurst'], shadow);
  const hasCap = read.text('tenantConcurrency') !== '';
  if (!key && !tenant && !hasCap) return undefined;
  const cap = hasCap && {
    name: 'concurrency',
    most: read.number('tenantConcurrency', { least: 1, most: MOST, isWhole: true }),
    isShadow: shadow.includes('concurrency'),
  };
  return { ...(key ? { key } : {}), ...(tenant ? { tenant } : {}), ...(cap ? { tenantInFlight: cap } : {}) };
}
