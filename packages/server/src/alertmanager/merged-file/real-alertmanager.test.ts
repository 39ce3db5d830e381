import { rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { systemClock, systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AlertmanagerServer,
  hasAlertmanager,
  NEEDS_ALERTMANAGER,
  prepareAlertmanager,
} from '../../../../../conformance/alertmanager-server.ts';
import { seal } from '../../crypto/seal.ts';
import { openWorld, type World } from '../../reconciler/testing/world.ts';
import type { Resource } from '../../store/resource.ts';
import { newUid, updateIf } from '../../store/writes.ts';
import { createAlertmanagerCounters } from '../alertmanager-counters.ts';
import type { AlertmanagerTarget } from '../alertmanager-target.ts';
import { createAlertmanagerDeliveries } from '../deliveries.ts';
import { deliveryStatus } from '../delivery-status.ts';
import { type Document, documentContext } from '../stored-document.ts';
import { createAlertmanagerApi } from './alertmanager-api.ts';
import { openMergedFileTarget } from './merged-file-target.ts';

const KEY = new Uint8Array(32);
const PACE = { spacingMs: 20, checkMs: 500 };
const PATIENCE = { timeout: 45_000, interval: 50 };

interface Notification {
  readonly path: string;
  readonly receiver: string;
  readonly alerts: readonly string[];
}

let world: World;
let alertmanager: AlertmanagerServer;
let target: AlertmanagerTarget;
let receiver: Server;
let received: Notification[];
let deliveries: ReturnType<typeof createAlertmanagerDeliveries>;
const counters = createAlertmanagerCounters();

const openTarget = () =>
  openMergedFileTarget({
    api: createAlertmanagerApi(alertmanager.url, systemClock),
    file: alertmanager.file,
    key: KEY,
    clock: systemClock,
  });

function startDeliveries(): void {
  const { store, log } = world;
  deliveries = createAlertmanagerDeliveries({
    store,
    target,
    answerKey: KEY,
    clock: systemClock,
    random: systemRandom,
    counters,
    log,
    pace: PACE,
  });
  deliveries.start();
}

const rowOf = (tenant: string) => world.store.get({ kind: 'alertmanager', tenant, name: tenant });
const phaseOf = async (tenant: string) => deliveryStatus(await rowOf(tenant), true).phase;

/** Stores what a tenant configured, as the API does; addresses of this machine, which the API refuses, are possible here. */
async function configure(tenant: string, parts: Partial<Document>): Promise<void> {
  const document = { global: {}, receivers: [], routes: [], ...parts };
  const sealed = seal(JSON.stringify(document), documentContext(tenant), KEY, systemRandom);
  const spec = { sealed, changedAt: { global: 1, routes: 1, receivers: {} } };
  const row: Resource<'alertmanager'> | undefined = await rowOf(tenant);
  const key = { kind: 'alertmanager', tenant, name: tenant } as const;
  const write = row ? updateIf(row, spec) : ({ verb: 'create', key, uid: newUid(systemRandom), spec, observed: {} } as const);
  expect((await world.store.commit({ at: Date.now(), writes: [write] })).outcome).toBe('written');
  deliveries.wake();
}

const hookOf = (path: string) => ({
  webhook_configs: [{ url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${path}`, send_resolved: false }],
});
const QUICK = { group_wait: '0s', group_interval: '1s' };
const untilAll = (phase: string, ...tenants: string[]) =>
  expect.poll(() => Promise.all(tenants.map(phaseOf)), PATIENCE).toEqual(tenants.map(() => phase));

describe.skipIf(!hasAlertmanager)(`one Alertmanager for all tenants ${NEEDS_ALERTMANAGER}`, () => {
  beforeEach(async () => {
    received = [];
    receiver = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
      const body = JSON.parse(text) as { receiver: string; alerts: { labels: Record<string, string> }[] };
      const alerts = body.alerts.map(({ labels }) => `${labels.openkupe_tenant}/${labels.alertname}`);
      received.push({ path: request.url ?? '', receiver: body.receiver, alerts });
      response.writeHead(200).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    world = await openWorld();
    alertmanager = await prepareAlertmanager();
    target = await openTarget();
    startDeliveries();
  });
  afterEach(async () => {
    await deliveries.stop();
    await alertmanager.remove();
    await world.end();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  it('an alert reaches the receivers of its tenant alone, whatever another tenant writes into its routes', async () => {
    await configure('acme', {
      receivers: [
        { name: 'team', ...hookOf('acme') },
        { name: 'beta/team', ...hookOf('acme-as-beta') },
      ],
      routes: [
        { receiver: 'beta/team', matchers: ['openkupe_tenant="beta"'], continue: true, ...QUICK },
        { receiver: 'beta/team', match_re: { openkupe_tenant: 'b.*' }, continue: true, ...QUICK },
        { receiver: 'team', group_by: ['...'], continue: true, ...QUICK },
      ],
    });
    await configure('beta', {
      receivers: [{ name: 'team', ...hookOf('beta') }],
      routes: [{ receiver: 'team', group_by: ['...'], ...QUICK }],
    });
    await expect.poll(() => statSync(alertmanager.file).mode & 0o777, PATIENCE).toBe(0o600);
    await alertmanager.start();
    await untilAll('Delivered', 'acme', 'beta');
    await alertmanager.post(
      { alertname: 'one', openkupe_tenant: 'acme' },
      { alertname: 'one', openkupe_tenant: 'beta' },
      { alertname: 'forged', openkupe_tenant: 'beta', severity: 'acme' },
      { alertname: 'nothing' },
      { alertname: 'other', openkupe_tenant: 'acme-2' },
    );
    const notifications = () => received.map(({ path, receiver: name, alerts }) => [path, name, ...alerts].join(' ')).sort();
    const ones = ['/acme acme/team acme/one', '/beta beta/team beta/forged', '/beta beta/team beta/one'];
    await expect.poll(notifications, PATIENCE).toEqual(ones);
    // NOTE: what comes after these shows that nothing else was on its way.
    await alertmanager.post({ alertname: 'two', openkupe_tenant: 'acme' }, { alertname: 'two', openkupe_tenant: 'beta' });
    await expect.poll(notifications, PATIENCE).toEqual([...ones, '/acme acme/team acme/two', '/beta beta/team beta/two'].sort());
  });

  it('a document that is refused is left out, the former one stays in force, and the others are delivered', async () => {
    await alertmanager.start();
    await configure('acme', { receivers: [{ name: 'former' }], routes: [{ receiver: 'former' }] });
    await untilAll('Delivered', 'acme');
    const broken = [{ name: 'team', webhook_configs: [{ url: 'https://x.example', max_alerts: 'SECRETSECRET' }] }];
    await configure('acme', { receivers: broken });
    await configure('beta', { receivers: [{ name: 'good' }], routes: [{ receiver: 'good' }] });
    await configure('gamma', { receivers: [{ name: 'bad', email_configs: [{ to: 'a@example.com' }] }] });
    await untilAll('Delivered', 'beta');
    await untilAll('Rejected', 'acme', 'gamma');
    const inForce = await alertmanager.configuration();
    expect(['acme/former', 'acme/team', 'beta/good', 'gamma/bad'].map((name) => inForce.includes(name))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    const statuses = [deliveryStatus(await rowOf('acme'), true), deliveryStatus(await rowOf('gamma'), true)];
    expect(statuses).toMatchObject([
      { message: 'rejected: cannot unmarshal !!str <secret> into uint64', revision: 2, deliveredRevision: 1 },
      { message: 'rejected: no global SMTP smarthost set', revision: 1 },
    ]);
    const messages = (await world.messages()).filter((message) => message.includes('Alertmanager'));
    expect(messages.join('\n')).not.toContain('SECRETS');
    const metrics = await (await fetch(`${alertmanager.url}/metrics`)).text();
    expect(metrics).toContain('alertmanager_config_last_reload_successful 1');
    await configure('acme', { receivers: [{ name: 'repaired' }], routes: [{ receiver: 'repaired' }] });
    await untilAll('Delivered', 'acme');
  });

  it('an Alertmanager that was killed, and lost its file, gets everything again', async () => {
    await alertmanager.start();
    await configure('acme', { receivers: [{ name: 'team' }], routes: [{ receiver: 'team' }] });
    await untilAll('Delivered', 'acme');
    await alertmanager.kill();
    rmSync(alertmanager.file);
    await configure('beta', { receivers: [{ name: 'team' }], routes: [{ receiver: 'team' }] });
    await expect.poll(async () => deliveryStatus(await rowOf('beta'), true).message, PATIENCE).toMatch(/cannot take it at the moment/);
    await expect.poll(() => counters.oldestAt, PATIENCE).toBeDefined();
    await expect.poll(() => statSync(alertmanager.file, { throwIfNoEntry: false })?.size, PATIENCE).toBeGreaterThan(0);
    await alertmanager.start();
    await untilAll('Delivered', 'acme', 'beta');
    await expect.poll(() => alertmanager.configuration(), PATIENCE).toMatch(/acme\/team.*beta\/team/s);
    await expect.poll(() => [counters.pending, counters.oldestAt], PATIENCE).toEqual([0, undefined]);
  });

  it('what was delivered and not recorded is found in force by the next process', async () => {
    await alertmanager.start();
    await configure('acme', { receivers: [{ name: 'team' }] });
    await untilAll('Delivered', 'acme');
    await deliveries.stop();
    const before = await alertmanager.configuration();
    await configure('acme', { receivers: [{ name: 'later' }] });
    const row = await rowOf('acme');
    const later: Document = { global: {}, receivers: [{ name: 'later' }], routes: [] };
    expect(await target.deliver([{ tenant: 'acme', wanted: later }], new AbortController().signal)).toMatchObject({ outcome: 'taken' });
    expect(await alertmanager.configuration()).not.toBe(before);
    expect(deliveryStatus(row, true).phase).toBe('Pending');
    target = await openTarget();
    startDeliveries();
    await untilAll('Delivered', 'acme');
  });

  it('says to the operator what is wrong where Alertmanager reads another file, and where its file cannot be replaced', async () => {
    await deliveries.stop();
    const { signal } = new AbortController();
    await target.deliver([], signal);
    await alertmanager.start();
    const file = `${alertmanager.file}.other`;
    const api = createAlertmanagerApi(alertmanager.url, systemClock);
    const other = await openMergedFileTarget({ api, file, key: KEY, clock: systemClock });
    const wanted = { global: {}, receivers: [{ name: 'x' }], routes: [] };
    expect(await other.deliver([{ tenant: 'acme', wanted }], signal)).toMatchObject({
      outcome: 'unavailable',
      detail: `Alertmanager does not read ${file}; start it with --config.file=${file}`,
    });
    rmSync(dirname(alertmanager.file), { recursive: true });
    expect(await target.deliver([{ tenant: 'acme', wanted }], signal)).toMatchObject({
      outcome: 'unavailable',
      detail: `${alertmanager.file} cannot be replaced: ENOENT`,
    });
    await expect(openTarget()).rejects.toThrow(/cannot be replaced \(ENOENT\); let this account write to its folder/);
  });
});
