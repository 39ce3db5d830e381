import type { Clock } from '@openkupe/contract';
import type { Config } from '../config/config.ts';
import { boundedFetch, reasonOf } from '../outgoing/bounded-fetch.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const TIMEOUT_MS = 5_000;
const DOCUMENT_BYTES = 256 * 1024;
/** Tokens are refused before they begin and after they end, so that clocks have to agree. */
const LARGEST_OFFSET_MS = 5_000;

/** Compares this clock with the one in a `Date` header, which has whole seconds. */
export function compareClocks(theirs: string | null, nowMs: number, whose: string): Finding[] {
  const offsetMs = theirs === null ? Number.NaN : nowMs - Date.parse(theirs);
  if (Number.isNaN(offsetMs)) return [];
  if (Math.abs(offsetMs) <= LARGEST_OFFSET_MS) return [ok('clock', `The clock of this machine agrees with that of ${whose}`)];
  const seconds = Math.round(Math.abs(offsetMs) / 1_000);
  return [
    fail(
      'clock',
      `The clock of this machine is ${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} that of ${whose}`,
      'synchronise the clocks, for example with chrony or systemd-timesyncd',
    ),
  ];
}

/** Whether the OIDC issuer can be found, and its keys read; and whether its clock agrees. */
export async function checkIssuer({ oidc }: Pick<Config, 'oidc'>, { clock }: { readonly clock: Clock }): Promise<Finding[]> {
  if (!oidc) return [];
  const { createIssuerKeys } = await import('../auth/issuer-keys.ts');
  const keys = createIssuerKeys(oidc.issuer, { clock, log: { warn: () => {}, info: () => {} } });
  await keys.probe();
  const { state } = keys;
  if (state.state === 'failed')
    return [fail('issuer', state.message, 'correct OPENKUPE_OIDC_ISSUER, or let this machine reach the issuer; API keys work meanwhile')];
  const findings = [ok('issuer', `The issuer ${oidc.issuer} was found, and its keys were read`)];
  const address = new URL(`${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  try {
    const { headers } = await boundedFetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), mostBytes: DOCUMENT_BYTES });
    return [...findings, ...compareClocks(headers.get('date'), clock.now(), 'the issuer')];
  } catch (error) {
    return [...findings, warn('clock', `The time of the issuer could not be read (${reasonOf(error)})`, 'run the doctor again')];
  }
}
