import type { Clock } from '@openkupe/contract/clock';
import type { AttemptRecord, Client, ClientEvent, Transport, TransportResponse } from '@openkupe/sdk';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure/failure.ts';
import { untilFirstContact } from './network/first-contact.ts';
import type { Network } from './network/network.ts';
import type { Credentials } from './settings/settings.ts';
import type { OidcLogin } from './sign-in/logins-file.ts';
import { VERSION } from './version.ts';

export type { Client };

interface ClientDependencies {
  readonly clock: Clock;
  /** One line on stderr. */
  note(text: string): void;
  readonly renew: Renew;
  readonly network: Network;
  /** Where requests go instead of to the server. */
  readonly transport?: Transport | undefined;
  /** Called with every response. */
  onAnswer(response: TransportResponse): void;
}

const REASONS: Partial<Record<AttemptRecord['outcome'], string>> = {
  'rate-limited': 'Rate limited',
  internal: 'The server failed',
  unavailable: 'The server is not available',
  unreachable: 'The server cannot be reached',
  'no-answer': 'The server did not answer',
};

/** Writes a line to stderr for every wait, conflict and recovered response, so that a long silence has a reason. */
function reportEvents(note: (text: string) => void): (event: ClientEvent) => void {
  let last: AttemptRecord | undefined;
  return (event) => {
    if (event.type === 'attempt') last = event.record;
    if (event.type === 'wait') {
      const reason = (last && REASONS[last.outcome]) ?? 'No success';
      note(`${reason}; trying again in ${Math.max(1, Math.round(event.waitMs / 1_000))} s (attempt ${last?.attempt ?? 1} failed).`);
    }
    if (event.type === 'conflict' && event.round < event.rounds) {
      note(`Someone else changed it meanwhile; applying the change to the new state (try ${event.round + 1} of ${event.rounds}).`);
    }
    if (event.type === 'recovered') note('An answer was lost on the way; the change had been made.');
  };
}

function watched(transport: Transport, onAnswer: ClientDependencies['onAnswer']): Transport {
  return {
    ...transport,
    async send(request) {
      const response = await transport.send(request);
      onAnswer(response);
      return response;
    },
  };
}

/** Returns the stored sign-in with a valid access token; with `refused`, one with another access token than that. */
type Renew = (signIn: OidcLogin, refused?: string) => Promise<OidcLogin>;

/**
 * Sends every request with a token that is valid then, because a wait can outlive an access token. After a 401 (the issuer has revoked the
 * token, or a clock is wrong) it is renewed and the request sent once more: a 401 is answered before anything is executed.
 */
function signingAnew(transport: Transport, signIn: OidcLogin, renew: Renew, notSent: (sentence: string) => Error): Transport {
  const tokenFor = tokenOf(signIn, renew, notSent);
  return {
    ...transport,
    async send(request) {
      const sendAs = (token: string) => transport.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
      const token = await tokenFor();
      const response = await sendAs(token);
      if (response.status !== 401) return response;
      const another = await renew(signIn, token).catch(() => undefined);
      return another ? sendAs(another.accessToken) : response;
    },
  };
}

/**
 * The access token of a sign-in, renewed when it ends. When the issuer refuses to renew it the former one is sent, and the server's 401
 * ends the command; when the issuer cannot be reached the request counts as not sent, and is retried.
 */
function tokenOf(signIn: OidcLogin, renew: Renew, notSent: (sentence: string) => Error): () => Promise<string> {
  return async () => {
    try {
      return (await renew(signIn)).accessToken;
    } catch (error) {
      if (error instanceof Failure && error.details.exit === EXIT.refused) return signIn.accessToken;
      throw notSent(error instanceof Error ? error.message : 'The access token could not be renewed.');
    }
  };
}

/** A client with those credentials. Public routes send neither tenant nor key. */
export async function connect(
  credentials: Credentials,
  { clock, note, renew, network, onAnswer, transport: given }: ClientDependencies,
): Promise<Client> {
  // NOTE: loaded when used; help, version and misuse must not pay for it.
  const { createClient, NoAnswer } = await import('@openkupe/sdk');
  const { signIn, ...rest } = credentials;
  const giveUp = ({ message, cause }: Error) => new NoAnswer('cannot-connect', message, cause);
  const own = given ?? watched(untilFirstContact(await network.transportTo(credentials.host), giveUp), onAnswer);
  const transport = signIn ? signingAnew(own, signIn, renew, (sentence) => new NoAnswer('unreachable', sentence)) : own;
  return createClient({ ...rest, transport, clock, userAgent: `openkupe/${VERSION}`, onEvent: reportEvents(note) });
}
