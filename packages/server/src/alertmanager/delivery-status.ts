import { type AlertmanagerStatus, formatTime } from '@openkupe/contract';
import type { Resource } from '../store/resource.ts';

const STORED = 'stored, not delivered: this installation has no Alertmanager to deliver to';
const PENDING = 'It is delivered within seconds';

/** How far the delivery of a configuration is; without a row there is nothing to deliver. */
export function deliveryStatus(row: Resource<'alertmanager'> | undefined, isDelivering: boolean): AlertmanagerStatus {
  const { generation: revision = 0, observed = {} } = row ?? {};
  if (!isDelivering) return { phase: 'Stored', message: STORED, revision };
  const { delivered, rejected, waiting } = observed;
  const inForce = delivered && { deliveredRevision: delivered.generation, deliveredAt: formatTime(delivered.at) };
  if (waiting?.generation === revision) return { phase: 'Pending', message: waiting.message, revision, ...inForce };
  if (rejected?.generation === revision) return { phase: 'Rejected', message: `rejected: ${rejected.message}`, revision, ...inForce };
  if (!row || delivered?.generation === revision) return { phase: 'Delivered', message: '', revision, ...inForce };
  return { phase: 'Pending', message: PENDING, revision, ...inForce };
}
