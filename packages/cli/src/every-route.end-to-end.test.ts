import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract/clock';
import { ROUTES } from '@openkupe/contract/routes/index';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { COMMANDS } from './commands/index.ts';
import { type Forwarder, startForwarder } from './testing/forwarder.ts';
import { type RealServer, startRealServer } from './testing/real-server.ts';
import { runCli } from './testing/run-cli.ts';

/** Routes that no command needs, and why. */
const NOT_REACHED = { 'clusters.connection-details': 'answers what clusters.kubeconfig answers' };

/** A line for each command that has a route of its own, in an order in which each finds what it needs; with its exit code where that is not 0. */
const LINES: readonly (string | [string, number])[] = [
  'plan list',
  'plan get pro',
  ['auth login --host $HOST --tenant acme', 2],
  'auth whoami',
  'tenant get',
  'tenant update --log-limit hard',
  'member list',
  'member create developer@acme.example --role readonly',
  'member update developer@acme.example --role admin',
  'member delete developer@acme.example',
  'invoice list',
  ['invoice get 2020-01', 4],
  'limit get',
  'usage get',
  'cluster create production --cpu 1 --memory 1Gi',
  'cluster list',
  'cluster get production',
  'cluster explain production',
  'cluster update production --cpu 2',
  'cluster kubeconfig production',
  // NOTE: the sandbox issues no certificates.
  ['cluster kubeconfig production --certificate', 5],
  'secret create database --path services/database --sync production/default',
  'secret list',
  'secret get database',
  'secret update database --no-targets',
  'secret delete database',
  'alertmanager receiver put on-call -f $FILES/receiver.yaml',
  'alertmanager receiver list',
  'alertmanager receiver get on-call',
  'alertmanager route put -f $FILES/routes.yaml',
  'alertmanager route list',
  'alertmanager route get 0',
  'alertmanager route put 0 -f $FILES/route.yaml',
  'alertmanager route delete 1',
  'alertmanager route delete --all',
  'alertmanager receiver delete on-call',
  'alertmanager global put -f $FILES/global.yaml',
  'alertmanager global get',
  'alertmanager put -f $FILES/alertmanager.yaml',
  'alertmanager get',
  'apikey create ci --role readonly -o json',
  'apikey list',
  'apikey get $KEY',
  'apikey update $KEY --scopes clusters:read',
  'apikey rotate $KEY',
  'apikey delete $KEY',
  'webhook create deploys --url https://hooks.example.com/kupe --disabled',
  'webhook list',
  'webhook get deploys',
  'webhook update deploys --all-events',
  'webhook rotate-secret deploys',
  'webhook deliveries deploys',
  ['webhook redeliver deploys 1-0', 4],
  'webhook delete deploys',
  'event list',
  'audit list',
  'cluster delete production --yes',
  // NOTE: only its owner may, signed in as a person.
  ['tenant delete --yes', 3],
];
const FILES = {
  receiver: 'webhook_configs: [{url: https://hooks.example.com/on-call}]',
  routes: 'items: [{receiver: on-call}, {receiver: on-call, matchers: [severity="critical"]}]',
  route: 'receiver: on-call\nrepeat_interval: 4h',
  global: 'resolve_timeout: 5m',
  alertmanager: 'global: {}\nreceivers: [{name: all, webhook_configs: [{url: https://hooks.example.com/all}]}]\nroutes: [{receiver: all}]',
};

let server: RealServer;
let forwarder: Forwarder;
beforeAll(async () => {
  server = await startRealServer();
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(server.folder, `${name}.yaml`), text);
});
afterAll(() => server?.stop());
let env: Readonly<Record<string, string>>;
let tenants = 0;
beforeEach(async () => {
  tenants += 1;
  const reached = await server.addTenant(`acme-${tenants}`);
  forwarder = await startForwarder(reached.KUPE_HOST ?? '');
  env = { ...reached, KUPE_HOST: forwarder.host };
});
afterEach(() => forwarder.close());

function routeOf(line: string): string {
  const isRoute = ({ method, path }: (typeof ROUTES)[number]) =>
    new RegExp(`^${method} ${path.replaceAll(/\{[a-z]+\}/g, '[^/]+')}$`).test(line);
  return ROUTES.find(isRoute)?.id ?? line;
}

test('every route of the API is reached by a command', async () => {
  const commandsOf = new Map<string, Set<string>>(ROUTES.map(({ id }) => [id, new Set()]));
  let key = '';
  for (const given of LINES) {
    const [line, exit] = typeof given === 'string' ? [given, 0] : given;
    forwarder.seen.length = 0;
    const typed = line.replace('$HOST', forwarder.host).replace('$FILES', server.folder).replace('$KEY', key);
    const ended = await runCli(typed, { env, clock: systemClock });
    expect(ended.exit, `${line}: ${ended.err}`).toBe(exit);
    if (line.startsWith('apikey create')) key = JSON.parse(ended.out).id;
    const { path = '' } = COMMANDS.find((command) => `${line} `.startsWith(`${command.path} `)) ?? {};
    for (const seen of forwarder.seen) commandsOf.get(routeOf(seen))?.add(path);
  }
  const missed = [...commandsOf].filter(([, commands]) => commands.size === 0).map(([id]) => id);
  expect(missed).toEqual(Object.keys(NOT_REACHED));
}, 120_000);
