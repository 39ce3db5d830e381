import { LIMITS, OPERATOR_PREFIX } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerOperator } from '../../operator/operator-pipeline.ts';
import type { OperatorPorts } from '../../operator/operator-route.ts';
import type { WriteOf } from '../../store/store.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/apikeys';
const BODY = { displayName: 'one more', role: 'readonly' };
const idAt = (at: number) => `ak-${at.toString(16).padStart(8, '0')}`;

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

/** Makes keys beside the one of the admin, so that `left` more are possible. */
async function leaveRoomFor(left: number): Promise<void> {
  const writes = Array.from({ length: LIMITS.apiKeysPerTenant - 1 - left }, (_, at): WriteOf<'api-key'> => {
    const key = { kind: 'api-key', tenant: 'demo', name: idAt(at) } as const;
    const spec = { displayName: 'filler', role: 'readonly', createdBy: 'owner@demo.example', keyHash: 'none' } as const;
    return { verb: 'create', key, uid: key.name, spec, observed: {} };
  });
  expect(await server.plane.ports.store.commit({ at: 0, writes })).toMatchObject({ outcome: 'written' });
}

const create = async () => (await server.send({ method: 'POST', path: COLLECTION, body: BODY })).status;
const rotate = async (at: number) => (await server.send({ method: 'POST', path: `${COLLECTION}/${idAt(at)}/rotate`, body: {} })).status;
async function createByOperator(): Promise<number> {
  const body = (async function* () {
    yield Buffer.from(JSON.stringify(BODY));
  })();
  const ports = { ...server.plane.ports, account: 'root' } as unknown as OperatorPorts;
  return (await answerOperator({ method: 'POST', target: `${OPERATOR_PREFIX}/tenants/demo/apikeys`, headers: {}, body }, ports)).status;
}

it.each([
  ['creates', create],
  ['rotations of different keys', rotate],
  ['creates by the operator', createByOperator],
])('of six %s at once, as many are done as the limit of keys leaves', async (_what, send) => {
  await leaveRoomFor(2);
  const statuses = await Promise.all(Array.from({ length: 6 }, (_, at) => send(at)));
  expect(statuses.sort()).toEqual([201, 201, 400, 400, 400, 400]);
  expect(await server.plane.ports.store.keys('api-key', 'demo')).toHaveLength(LIMITS.apiKeysPerTenant);
});
