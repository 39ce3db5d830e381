import type { DeviceAuthorizationResponse } from 'oauth4webapi';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { type Connection, SCOPE, type Tokens } from './connection.ts';
import { isNoAnswer, issuerFailure, oauthErrorOf } from './issuer-failure.ts';

/** `pending` and `slow-down` are those of RFC 8628 §3.5; `no-answer` is a lost request, after which polling goes on. */
export type Poll = Tokens | 'pending' | 'slow-down' | 'denied' | 'expired' | 'no-answer';

const POLLS: Readonly<Record<string, Poll>> = {
  authorization_pending: 'pending',
  slow_down: 'slow-down',
  access_denied: 'denied',
  expired_token: 'expired',
};

/** The device authorization request (RFC 8628 §3.1). Fails with exit code 2 where the issuer has no such endpoint. */
export function startDevice({ oauth, issuer, server, parties, options, ask }: Connection): Promise<DeviceAuthorizationResponse> {
  return ask(async () => {
    if (server.device_authorization_endpoint === undefined) {
      throw new Failure(`The issuer ${issuer} offers no sign-in by device code; add --browser.`, {
        code: 'no-device-flow',
        exit: EXIT.misuse,
      });
    }
    const [, client] = parties;
    const response = await oauth.deviceAuthorizationRequest(...parties, { scope: SCOPE }, options);
    return oauth.processDeviceAuthorizationResponse(server, client, response);
  });
}

/** One token request for the device code (RFC 8628 §3.4). */
export async function pollDevice(connection: Connection, deviceCode: string): Promise<Poll> {
  const { oauth, issuer, server, parties, options, signal, tokensOf } = connection;
  try {
    const response = await oauth.deviceCodeGrantRequest(...parties, deviceCode, options);
    return tokensOf(await oauth.processDeviceCodeResponse(server, parties[1], response));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isNoAnswer(error)) return 'no-answer';
    const poll = POLLS[oauthErrorOf(error)?.error ?? ''];
    if (poll) return poll;
    throw issuerFailure(error, issuer);
  }
}
