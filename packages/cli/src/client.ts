import type { Clock } from '@openkupe/contract/clock';
import type { AttemptRecord, Client, ClientEvent, Transport } from '@openkupe/sdk';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure/failure.ts';
import type { Credentials } from './settings/settings.ts';
import type { Login, OidcLogin } from './sign-in/logins-file.ts';
import { VERSION } from './version.ts';

export type { Client };

interface ClientScene {
  readonly clock: Clock;
  /** Tells on stderr what the client is doing about trouble. */
  note(text: string): void;
  /** The stored login for a tenant of a server, renewed if need be. */
  storedLogin(place: { host: string; tenant: string }): Promise<Login | undefined>;
}

const TROUBLE: Partial<Record<AttemptRecord['outcome'], string>> = {
  'rate-limited': 'Rate limited',
  internal: 'The server failed',
  unavailable: 'The server is not available',
  unreachable: 'The server cannot be reached',
  'no-answer': 'The server did not answer',
};

/** Tells on stderr what the client is doing about trouble, so that a long silence has a reason. */
function narrate(note: (text: string) => void): (event: ClientEvent) => void {
  let last: AttemptRecord | undefined;
  return (event) => {
    if (event.type === 'attempt') last = event.record;
    if (event.type === 'wait') {
      const trouble = (last && TROUBLE[last.outcome]) ?? 'No success';
      note(`${trouble}; trying again in ${Math.max(1, Math.round(event.waitMs / 1_000))} s (attempt ${last?.attempt ?? 1} failed).`);
    }
    if (event.type === 'conflict' && event.round < event.rounds) {
      note(`Someone else changed it meanwhile; applying the change to the new state (try ${event.round + 1} of ${event.rounds}).`);
    }
    if (event.type === 'recovered') note('An answer was lost on the way; the change had been made.');
  };
}

/** Every request with the token that is good at that moment: a wait can outlive an access token. */
function signingAnew(transport: Transport, token: () => Promise<string>): Transport {
  return {
    ...transport,
    send: async (request) => transport.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${await token()}` } }),
  };
}

/**
 * The access token of a sign-in, renewed when it ends. When the issuer refuses to renew it the former one is sent, and the server's 401
 * ends the command; when the issuer is away the request counts as not sent, and is tried again.
 */
function tokenOf(signIn: OidcLogin, storedLogin: ClientScene['storedLogin'], notSent: (sentence: string) => Error): () => Promise<string> {
  return async () => {
    try {
      const login = await storedLogin(signIn);
      return login?.kind === 'oidc' ? login.accessToken : signIn.accessToken;
    } catch (error) {
      if (error instanceof Failure && error.details.exit === EXIT.refused) return signIn.accessToken;
      throw notSent(error instanceof Error ? error.message : 'The access token could not be renewed.');
    }
  };
}

/** A client with those credentials. Public routes send neither tenant nor key. */
export async function connect(credentials: Credentials, { clock, note, storedLogin }: ClientScene): Promise<Client> {
  // NOTE: loaded when used; help, version and misuse must not pay for it.
  const { createClient, createTransport, NoAnswer } = await import('@openkupe/sdk');
  const { signIn, ...rest } = credentials;
  const options = { ...rest, clock, userAgent: `openkupe/${VERSION}`, onEvent: narrate(note) };
  if (!signIn) return createClient(options);
  const token = tokenOf(signIn, storedLogin, (sentence) => new NoAnswer('unreachable', sentence));
  return createClient({ ...options, transport: signingAnew(createTransport(), token) });
}
