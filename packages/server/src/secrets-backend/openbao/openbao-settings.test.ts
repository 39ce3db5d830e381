import { afterEach, beforeEach, expect, it } from 'vitest';
import { startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';
import { readInCluster, SECRETS, untilSecretIs } from '../../testing/secrets.ts';
import { type KvServer, startKvServer } from '../testing/kv-server.ts';

let kv: KvServer;
beforeEach(async () => {
  kv = await startKvServer();
});
afterEach(() => kv.stop());

it('a server with an OpenBao writes its values to clusters, from the configured mount', async () => {
  kv.write('teams/demo', 'services/db', { password: 'from the vault' });
  const server = await startInProcess({
    OPENKUPE_OPENBAO_ADDRESS: kv.address,
    OPENKUPE_OPENBAO_TOKEN: kv.token,
    OPENKUPE_OPENBAO_MOUNT: 'teams/{tenant}',
  });
  try {
    await server.plane.start();
    await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'here' } });
    await untilPhase(server, '/api/v1/tenants/demo/clusters/here', 'Running');
    const sync = [{ cluster: 'here', namespace: 'web' }];
    await server.send({ method: 'POST', path: SECRETS, body: { name: 'db', secretPath: 'services/db', sync } });
    await untilSecretIs(server, 'db', 'Active');
    const { values } = await readInCluster(server, { cluster: 'here', namespace: 'web', name: 'db' });
    expect(values).toEqual({ password: 'from the vault' });
    kv.mode = 'sealed';
    await server.clock.advance(5 * 60_000);
    const { json } = await untilSecretIs(server, 'db', 'Degraded');
    expect(json.status.syncStatuses[0].message).toBe('The secrets backend is sealed or in maintenance');
    expect((await readInCluster(server, { cluster: 'here', namespace: 'web', name: 'db' })).status).toBe(200);
  } finally {
    await server.stop();
  }
});
