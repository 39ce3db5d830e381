import { parsed } from '../../command.ts';
import type { FailureDetails, NextStep } from '../../failure/failure.ts';
import { commaList } from '../comma-list.ts';

/** The flag that says which events a webhook is for. */
export const EVENTS_FLAG = {
  events: parsed('filters', 'Which events, like cluster.*,secret.deleted; each half may be *.', commaList('events')),
} as const;

/** Where a webhook is not there, the command that shows those that are. */
export const nextForWebhook = ({ status }: FailureDetails): NextStep | undefined =>
  status === 404 ? { run: 'openkupe webhook list', why: 'shows the webhooks there are' } : undefined;
