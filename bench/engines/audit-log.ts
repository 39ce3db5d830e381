import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const POLICY = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
});

/** The requests of the server's client, as the API server itself counts them. */
export interface AuditLog {
  /** What the API server is started with. */
  readonly flags: readonly string[];
  /** The requests so far: watches that were opened, and all others by verb and kind. */
  count(): Promise<{ readonly watches: number; readonly calls: number }>;
  remove(): Promise<void>;
}

/** Makes the folder of an audit log. */
export async function createAuditLog(): Promise<AuditLog> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-bench-engines-'));
  const [policy, log] = [join(folder, 'policy.json'), join(folder, 'audit.log')];
  await writeFile(policy, POLICY);
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    async count() {
      const lines = (await readFile(log, 'utf8')).split('\n').filter(Boolean);
      const all = lines.map((line) => JSON.parse(line) as { userAgent?: string; verb: string; stage: string });
      const own = all.filter(({ userAgent }) => userAgent === 'openkupe');
      return {
        watches: own.filter(({ verb, stage }) => verb === 'watch' && stage === 'ResponseStarted').length,
        calls: own.filter(({ verb }) => verb !== 'watch').length,
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
