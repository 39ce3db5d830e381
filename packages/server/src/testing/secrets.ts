import { OPERATOR_PREFIX } from '@openkupe/contract';
import { getOverTls, type TlsAnswer } from '../engines/testing/get-over-tls.ts';
import { answerOperator } from '../operator/operator-pipeline.ts';
import type { OperatorPorts } from '../operator/operator-route.ts';
import type { Values } from '../secrets-backend/secret-values.ts';
import type { InProcess, Received } from './in-process.ts';
import { advanceUntil } from './life-cycle.ts';

export const SECRETS = '/api/v1/tenants/demo/secrets';

/** Puts values into the embedded secrets backend of the tenant "demo", as the operator does. */
export async function putDemoValues(server: InProcess, path: string, values: Values): Promise<void> {
  const { ports, localValues } = server.plane;
  async function* body() {
    yield Buffer.from(JSON.stringify({ path, values }));
  }
  const request = { method: 'PUT', target: `${OPERATOR_PREFIX}/tenants/demo/secret-values`, headers: {}, body: body() };
  const reply = await answerOperator(request, { ...ports, localValues, account: 'test' } as unknown as OperatorPorts);
  if (reply.status !== 200) throw new Error(`The values were not put: ${reply.body}`);
}

/** Waits for a phase of a secret. */
export const untilSecretIs = (server: InProcess, name: string, phase: string): Promise<Received> =>
  advanceUntil(server, `${SECRETS}/${name}`, ({ json }) => json?.status?.phase === phase);

/** GETs a Kubernetes Secret from a cluster of the tenant "demo", at the cluster's own endpoint. */
export async function readInCluster(
  server: InProcess,
  place: { cluster: string; namespace: string; name: string },
  token: string | undefined = server.adminKey,
): Promise<TlsAnswer & { readonly values: Values }> {
  const { json } = await server.send({ method: 'GET', path: `/api/v1/tenants/demo/clusters/${place.cluster}/kubeconfig` });
  const caPem = Buffer.from(json.certificateAuthority, 'base64').toString();
  const path = `/api/v1/namespaces/${place.namespace}/secrets/${place.name}`;
  const answer = await getOverTls(json.endpoint, caPem, path, token === '' ? {} : { authorization: `Bearer ${token}` });
  const data: Record<string, string> = JSON.parse(answer.body).data ?? {};
  return {
    ...answer,
    values: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()])),
  };
}
