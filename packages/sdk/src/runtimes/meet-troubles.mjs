/** The program that is run in every runtime: meets each trouble of testing/troublesome-server.ts once, and tells what became of it. */
import { createClient, createTransport } from '@openkupe/sdk';

/** What one call came to: its answer or its error, and how long it took. */
async function outcomeOf(work) {
  const startedAt = performance.now();
  const { value, name, message, attempts, recovered } = await work.catch((error) => error);
  return {
    version: value?.version,
    error: name,
    message,
    recovered,
    attempts: attempts.map(({ status, outcome, decision, waitMs }) => ({ status, outcome, decision, waitMs })),
    tookMs: performance.now() - startedAt,
  };
}

/** How a call ends that is aborted as soon as `other` has ended: whether with the caller's own reason, and how long after the abort. */
async function abortOf(start, other) {
  const controller = new AbortController();
  const reason = new Error('enough');
  const work = start(controller.signal).then(
    () => 'an answer',
    (error) => error,
  );
  await other;
  const abortedAt = performance.now();
  controller.abort(reason);
  return { hasOwnReason: (await work) === reason, endedAfterMs: performance.now() - abortedAt };
}

/** A create that meets a server which takes it and closes the kept connection, as one does that closes idle ones just then. */
async function createLost(clusters) {
  await clusters.get('prod');
  return clusters.create({ name: 'prod', version: '1.31' });
}

/** Meets all troubles of `host` side by side; nothing listens at `deadHost`. The report can be sent as JSON. */
export async function meetTroubles({ host, deadHost, run }) {
  const clients = [];
  // NOTE: a key for each trouble, because calls with one key wait for one another's limits.
  const client = (trouble, options = {}) => {
    const made = createClient({ host, tenant: `${run}.${trouble}`, apiKey: `kupe_${run}_${trouble}`, ...options });
    clients.push(made);
    return made.clusters;
  };
  const limitedOutcome = outcomeOf(client('limited').get('prod'));
  const [limited, unavailable, broken, contested, moved, dead, abortedWait, abortedRequest, lost] = await Promise.all([
    limitedOutcome,
    outcomeOf(client('unavailable').get('prod')),
    outcomeOf(client('broken').get('prod')),
    outcomeOf(client('contested').update('prod', () => ({ version: '1.32' }))),
    outcomeOf(client('moved').get('prod')),
    outcomeOf(client('dead', { host: deadHost, policy: { attempts: 1 } }).get('prod')),
    abortOf((signal) => client('endless').get('prod', { signal }), limitedOutcome),
    abortOf((signal) => client('silent').get('prod', { signal }), limitedOutcome),
    outcomeOf(createLost(client('lost'))),
  ]);
  for (const made of clients) made.close();
  const { name: transport } = createTransport();
  return { transport, limited, unavailable, broken, contested, moved, dead, abortedWait, abortedRequest, lost };
}
