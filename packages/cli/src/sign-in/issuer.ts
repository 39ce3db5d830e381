import type { SignIn } from '@openkupe/contract/resources/session';
import { withoutTrailing } from '@openkupe/contract/without-trailing';
import type { Client } from '../client.ts';
import { type Failure, misuse } from '../failure/failure.ts';
import type { Environment } from '../io.ts';
import { isLoopback } from '../settings/host.ts';

/** An OpenID issuer, and the client id that the CLI has there. */
export interface Issuer {
  /** As in the discovery document: with or without a `/` at its end, as the issuer writes it. */
  readonly issuer: string;
  readonly clientId: string;
}

/** A public client: it has an id and no secret. */
const CLIENT_ID = 'kupe-cli';

/** Whether tokens may travel to that address: https anywhere, http on this machine only. */
export function isSafeForTokens(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

function parseIssuer(text: string): string {
  const example = 'write it like https://auth.example.com/application/o/kupe-cli/';
  if (!URL.canParse(text)) throw misuse(`"${text}" is not the address of an issuer; ${example}.`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw misuse('The address of the issuer must not contain a user or a password.');
  if (url.search !== '' || url.hash !== '') throw misuse(`The address of the issuer "${text}" must end after its path; ${example}.`);
  if (!isSafeForTokens(url)) throw misuse(`The issuer "${text}" must start with https:// (http is for this machine only).`);
  return text;
}

/**
 * The issuer that is given: `--issuer`, then KUPE_OIDC_ISSUER, then KUPE_OIDC_BASE_URL followed by `/application/o/<client id>/`. The client
 * id is KUPE_OIDC_CLIENT_ID, or `kupe-cli`. Undefined when none is given. Fails with exit code 2 when tokens would travel in clear text.
 */
export function givenIssuer(flag: string | undefined, env: Environment): Issuer | undefined {
  const clientId = env.KUPE_OIDC_CLIENT_ID || CLIENT_ID;
  const whole = flag || env.KUPE_OIDC_ISSUER;
  if (whole) return { issuer: parseIssuer(whole.trim()), clientId };
  const base = withoutTrailing(env.KUPE_OIDC_BASE_URL?.trim() ?? '', '/');
  return base ? { issuer: parseIssuer(`${base}/application/o/${encodeURIComponent(clientId)}/`), clientId } : undefined;
}

function noIssuer(sentence: string): Failure {
  return misuse(sentence, { run: 'openkupe auth login --token-file key.txt', why: 'with an API key' });
}

/** The issuer that the server names, with the client to sign in as. Fails with exit code 2 when it names none. */
export async function issuerNamedBy(client: Client, host: string, env: Environment, signal: AbortSignal): Promise<Issuer> {
  let named: SignIn;
  try {
    named = (await client.session.signIn({ signal })).value;
  } catch (error) {
    if ((error as { status?: unknown }).status !== 404) throw error;
    throw noIssuer(`The server ${host} does not say where people sign in; pass --issuer, or store an API key.`);
  }
  if (typeof named.issuer !== 'string')
    throw noIssuer(`The server ${host} has no issuer that people could sign in at; store an API key instead.`);
  return { issuer: parseIssuer(named.issuer), clientId: env.KUPE_OIDC_CLIENT_ID || named.clientId || CLIENT_ID };
}
