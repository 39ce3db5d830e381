import { createAlertmanagerCounters } from '../alertmanager/alertmanager-counters.ts';
import type { AlertmanagerDeliveryOptions } from '../alertmanager/deliveries.ts';
import type { Config } from '../config/config.ts';
import type { Data, Machine } from './compose-data.ts';

/** What delivers to the Alertmanager of all tenants, in a process that works; `undefined` where their configurations are only stored. */
export async function composeAlertmanager(
  { alertmanager, role }: Config,
  { clock, random }: Machine,
  { store, secrets, log }: Data,
): Promise<AlertmanagerDeliveryOptions | undefined> {
  if (!alertmanager || role === 'api') return undefined;
  const { createAlertmanagerApi } = await import('../alertmanager/merged-file/alertmanager-api.ts');
  const { openMergedFileTarget } = await import('../alertmanager/merged-file/merged-file-target.ts');
  const api = createAlertmanagerApi(alertmanager.address, clock);
  const { answerKey } = secrets;
  const target = await openMergedFileTarget({ api, file: alertmanager.file, key: answerKey, clock });
  return { store, target, answerKey, clock, random, counters: createAlertmanagerCounters(), log };
}
