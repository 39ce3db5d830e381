import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const FOLDER = fileURLToPath(new URL('../deploy/proxies/', import.meta.url));
const START_MS = 20_000;

/** A proxy with its configuration in `deploy/proxies`. */
export interface Recipe {
  readonly name: string;
  readonly file: string;
  /** Where the program is; `undefined` where it is not installed. Debian puts some where only root looks. */
  readonly program: string | undefined;
  /** The flags that run it in the foreground on this file. */
  readonly flags: (file: string) => readonly string[];
  /** What has to be another text in a test: it has neither the right to port 443, nor a name of its own, nor the files of a machine. */
  readonly instead: (test: Surroundings) => readonly (readonly [text: string, other: string])[];
}

/** Where a proxy runs in a test. */
interface Surroundings {
  readonly folder: string;
  readonly port: number;
  readonly plainPort: number;
  /** The host and port of the server. */
  readonly server: string;
}

const programOf = (name: string) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** The proxies, each with its file. */
export const RECIPES: readonly Recipe[] = [
  {
    name: 'nginx',
    file: 'nginx.conf',
    program: programOf('nginx'),
    flags: (file) => ['-c', file, '-g', 'daemon off;', '-e', 'stderr'],
    instead: ({ folder, port, server }) => [
      ['listen 443', `listen 127.0.0.1:${port}`],
      ['127.0.0.1:8080', server],
      ['/run/nginx.pid', `${folder}/pid`],
      ['/etc/nginx/', `${folder}/`],
      ['http {\n', `http {\n${TEMPORARY.map((name) => `  ${name}_temp_path ${folder}/${name};\n`).join('')}`],
    ],
  },
  {
    name: 'Caddy',
    file: 'Caddyfile',
    program: programOf('caddy'),
    flags: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    instead: ({ folder, port, plainPort, server }) => [
      ['\tadmin off\n', `\tadmin off\n\thttp_port ${plainPort}\n`],
      ['kupe.example {\n', `https://127.0.0.1:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/kupe.crt ${folder}/kupe.key\n`],
      ['127.0.0.1:8080', server],
    ],
  },
  {
    name: 'haproxy',
    file: 'haproxy.cfg',
    program: programOf('haproxy'),
    flags: (file) => ['-db', '-f', file],
    instead: ({ folder, port, server }) => [
      ['bind :443', `bind 127.0.0.1:${port}`],
      ['/etc/haproxy/', `${folder}/`],
      ['maxconn 8000', 'maxconn 100'],
      ['127.0.0.1:8080', server],
    ],
  },
];

/** A certificate for 127.0.0.1 that signs itself: kupe.crt, kupe.key, and both in kupe.pem. */
function issue(folder: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'kupe.key')];
  const subject = ['-days', '2', '-subj', '/CN=kupe', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const { status, stderr } = spawnSync(programOf('openssl') ?? '', ['req', '-x509', ...key, '-out', join(folder, 'kupe.crt'), ...subject], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  writeFileSync(join(folder, 'kupe.pem'), ['kupe.crt', 'kupe.key'].map((name) => readFileSync(join(folder, name), 'utf8')).join(''));
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => resolve(true));
    socket.once('error', () => resolve(false)).once('secureConnect', () => socket.destroy());
  });

/** Runs a proxy in front of a server, on its file but for what a test cannot have. */
export async function startRecipe(recipe: Recipe, serverUrl: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-proxy-'));
  const place = { folder, port: await freePort(), plainPort: await freePort(), server: new URL(serverUrl).host };
  issue(folder);
  let text = readFileSync(join(FOLDER, recipe.file), 'utf8');
  for (const [from, to] of recipe.instead(place)) {
    if (!text.includes(from)) throw new Error(`${recipe.file} has no "${from}" any more`);
    text = text.replaceAll(from, to);
  }
  const file = join(folder, recipe.file);
  writeFileSync(file, text);
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(recipe.program ?? '', recipe.flags(file), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    complaints += part;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(kill);
    rmSync(folder, { recursive: true, force: true });
  };
  for (const started = Date.now(); Date.now() - started < START_MS && child.exitCode === null; await sleep(20))
    if (await isListening(place.port)) return { port: place.port, stop };
  await stop();
  throw new Error(`${recipe.name} did not listen within ${START_MS / 1000} s: ${complaints}`);
}
