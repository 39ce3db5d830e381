import { command } from '../../command.ts';
import { operateForText, SOCKET_FLAGS } from '../../operator/operator-call.ts';

/** `GET metrics` on the operator socket, in the text format of Prometheus. */
export const operatorMetrics = command({
  path: 'operator metrics',
  summary: 'Print what the server has counted since its start, as Prometheus reads it.',
  details: 'The same as the page that OPENKUPE_METRICS_PORT opens: limits and refusals, overload, answers, and the process itself.',
  examples: [{ run: 'openkupe operator metrics', why: 'without opening a port' }],
  args: {},
  flags: SOCKET_FLAGS,
  formats: [],
  isRemote: false,
  async run({ flags }, context) {
    const text = await operateForText(flags, context, { method: 'GET', path: ['metrics'] });
    return { kind: 'document', text, value: text };
  },
});
