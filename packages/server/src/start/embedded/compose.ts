import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Random } from '@openkupe/contract';
import { auditEntry, LOCAL } from '../../audit/audit-entry.ts';
import { readConfig } from '../../config/config.ts';
import type { Fault } from '../../engines/sandbox/faults.ts';
import type { SandboxEngine } from '../../engines/sandbox/sandbox-engine.ts';
import type { Around } from '../../http/http-server.ts';
import { startInlineWriter } from '../../store/sqlite/inline-writer.ts';
import { deleteIf, keyOf } from '../../store/writes.ts';
import { type ControlPlane, compose } from '../compose.ts';
import { ensureFirstTenant, FIRST_TENANT, issueFirstTenantKey } from '../first-tenant.ts';

/** A control plane inside of another program, with the embedded store and the engine `sandbox`. */
export interface EmbeddedServer {
  readonly url: string;
  /** The first tenant. */
  readonly tenant: string;
  /** The first admin key; `undefined` where the data folder had a tenant already. */
  readonly firstKey: string | undefined;
  /** Answers a request that came by another way than the listener. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Injects a fault into clusters of this uid or name; `undefined` clears it. */
  setClusterFault(uidOrName: string, fault: Fault | undefined): void;
  /** Issues an admin key of the first tenant. */
  issueKey(displayName: string): Promise<string>;
  /** Revokes a key of the first tenant by its id, `ak-…`; false where there is none. */
  revokeKey(id: string): Promise<boolean>;
  /** Closes connections, store and clusters. On a clock that does not move by itself, the caller moves it meanwhile. */
  stop(): Promise<void>;
}

/** What {@link startEmbedded} needs. */
export interface EmbeddedOptions {
  /** The settings, by their OPENKUPE_ names; OPENKUPE_DATA among them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  /** What stands around the answering of requests. */
  readonly around?: Around;
}

async function revoke({ ports }: ControlPlane, id: string): Promise<boolean> {
  const [key, tenant] = await Promise.all([
    ports.store.get({ kind: 'api-key', tenant: FIRST_TENANT, name: id }),
    ports.store.get({ kind: 'tenant', tenant: FIRST_TENANT, name: FIRST_TENANT }),
  ]);
  if (!key || !tenant) return false;
  const write = deleteIf(key);
  const who = { tenant: FIRST_TENANT, tenantUid: tenant.uid, actor: 'operator', address: LOCAL, requestId: 'embedded' };
  const outcome = await ports.store.commit({
    at: ports.clock.now(),
    writes: [write],
    audit: auditEntry({ ...who, action: 'api-keys.delete' }, { target: `apikeys/${id}`, writes: [write], loaded: [key] }),
    events: [{ key: keyOf(key), type: 'deleted', message: `API key ${id} was revoked by the operator` }],
  });
  return outcome.outcome === 'written';
}

/**
 * Starts a control plane in this process. It writes in the thread that asks, so that nothing but `clock` decides what happens when.
 *
 * @throws {ConfigError} with everything that is wrong with the settings.
 */
export async function startEmbedded({ variables, clock, random, around }: EmbeddedOptions): Promise<EmbeddedServer> {
  const config = readConfig([], { OPENKUPE_HOST: '127.0.0.1', ...variables }, variables.OPENKUPE_DATA ?? '');
  const plane = await compose(config, { clock, random, startWriter: startInlineWriter, ...(around && { around }) });
  try {
    const url = await plane.http.listen({ host: config.host, port: config.port });
    await plane.start();
    const firstKey = await ensureFirstTenant(plane.ports);
    const { faults } = plane.ports.engine as SandboxEngine;
    return {
      url,
      tenant: FIRST_TENANT,
      firstKey,
      handle: plane.http.handle,
      setClusterFault: faults.setFault,
      issueKey: (displayName) => issueFirstTenantKey(plane.ports, displayName),
      revokeKey: (id) => revoke(plane, id),
      stop: () => plane.stop(0),
    };
  } catch (error) {
    await plane.stop(0);
    throw error;
  }
}
