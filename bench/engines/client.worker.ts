/** Reads one ConfigMap with one of the clients: `client.worker.ts <client> <kubeconfig>`. Answers how long that takes. */
import { answerQuestions } from '../harness/worker.ts';

/** Reads the ConfigMap once. */
type Read = () => Promise<unknown>;

const NAME = 'kube-root-ca.crt';
const NAMESPACE = 'default';

const CLIENTS: Readonly<Record<string, (kubeconfig: string) => Promise<Read>>> = {
  async openkupe(kubeconfig) {
    const { createKubernetesClient } = await import('../../packages/server/src/engines/kubernetes/client.ts');
    const { readKubeconfig } = await import('../../packages/server/src/engines/kubernetes/kubeconfig.ts');
    const client = createKubernetesClient(await readKubeconfig(kubeconfig));
    return () => client.get({ apiVersion: 'v1', plural: 'configmaps' }, { namespace: NAMESPACE, name: NAME });
  },
  async '@kubernetes/client-node'(kubeconfig) {
    const library = '@kubernetes/client-node';
    const { KubeConfig, CoreV1Api } = await import(library);
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    return () => api.readNamespacedConfigMap({ name: NAME, namespace: NAMESPACE });
  },
};

const [client = '', kubeconfig = ''] = process.argv.slice(2);
const read = await CLIENTS[client]?.(kubeconfig);
if (!read) throw new Error(`There is no client "${client}"`);

answerQuestions(async ({ reads }: { readonly reads: number }) => {
  const cpuAt = process.cpuUsage();
  const beganMs = performance.now();
  for (let index = 0; index < reads; index += 1) await read();
  const eachMs = (performance.now() - beganMs) / reads;
  const cpu = process.cpuUsage(cpuAt);
  const togetherAt = performance.now();
  const answers = await Promise.allSettled(Array.from({ length: reads }, read));
  return {
    failedShare: answers.filter(({ status }) => status === 'rejected').length / reads,
    eachMs,
    togetherMs: performance.now() - togetherAt,
    cpuMs: (cpu.user + cpu.system) / 1_000 / reads,
    residentMib: process.memoryUsage().rss / 2 ** 20,
  };
});
