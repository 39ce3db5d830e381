/** Drives this package for conformance/client: one task as the argument, the server in the environment. */
import { createClient, KupeError } from '@openkupe/sdk';

const { KUPE_HOST = '', KUPE_TENANT = '', KUPE_API_KEY = '' } = process.env;
const client = createClient({ host: KUPE_HOST, tenant: KUPE_TENANT, apiKey: KUPE_API_KEY });
const TASKS = {
  list: () => client.clusters.list(),
  get: () => client.clusters.get('prod'),
  create: () => client.clusters.create({ name: 'prod', version: '1.32' }),
  update: () => client.clusters.update('prod', () => ({ version: '1.32' })),
  delete: () => client.clusters.delete('prod'),
  many: () => Promise.all(Array.from({ length: 3 }, (_, at) => client.clusters.get(`c${at + 1}`))),
};

try {
  await TASKS[process.argv[2] ?? '']();
} catch (error) {
  console.error(error instanceof KupeError ? `${error.name}: ${error.message} (${error.stopReason})` : error);
  process.exitCode = 1;
} finally {
  client.close();
}
