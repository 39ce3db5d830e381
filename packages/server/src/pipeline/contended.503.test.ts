import { LIMITS, OPERATOR_PREFIX } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerOperator } from '../operator/operator-pipeline.ts';
import type { OperatorPorts } from '../operator/operator-route.ts';
import type { Store } from '../store/store.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

/** The store of the server, whose first `lost` commits lose their races. */
function losing(lost: number): Store & { readonly commits: () => number } {
  const { store } = server.plane.ports;
  let commits = 0;
  return {
    ...store,
    commits: () => commits,
    async commit(change) {
      commits += 1;
      return commits <= lost ? { outcome: 'stale', index: 0 } : store.commit(change);
    },
  };
}

const CREATE = { method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one' } };

it('a write that loses its first commit and all of its rounds is 503 and says that nothing was executed; one fewer and it is done', async () => {
  const refused = await server.sendWith({ store: losing(1 + LIMITS.commitRounds) }, CREATE);
  expect([refused.status, refused.headers['error-code'], refused.headers['retry-advice']]).toEqual([
    503,
    'contended',
    'back-off; executed=no',
  ]);
  const store = losing(LIMITS.commitRounds);
  expect((await server.sendWith({ store }, CREATE)).status).toBe(201);
  expect(store.commits()).toBe(1 + LIMITS.commitRounds);
});

it('is the same on the operator’s side', async () => {
  const ports = { ...server.plane.ports, store: losing(LIMITS.commitRounds), account: 'root' } as unknown as OperatorPorts;
  const body = (async function* () {
    yield Buffer.from('{"isPaused":true}');
  })();
  const refused = await answerOperator({ method: 'PUT', target: `${OPERATOR_PREFIX}/provisioning`, headers: {}, body }, ports);
  expect([refused.status, refused.headers['error-code']]).toEqual([503, 'contended']);
});

it('holds no more than 64 permits for the changes of one tenant that wait for each other', async () => {
  const { plane } = server;
  const contended = { ...plane.ports.contended, count: () => 64 };
  const refused = await server.sendWith({ contended, store: losing(1) }, CREATE);
  expect([refused.status, refused.headers['error-code']]).toEqual([503, 'contended']);
  const admitted = { ...plane.ports.contended, count: () => 63 };
  expect((await server.sendWith({ contended: admitted, store: losing(1) }, CREATE)).status).toBe(201);
});
