import { Readable } from 'node:stream';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { untilAborted } from './network.mjs';

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>a</Arn><UserId>u</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
const REFUSAL = '<ErrorResponse><Error><Code>Refused</Code><Message>no</Message></Error></ErrorResponse>';

/** A whole AWS client in one of its two retry modes. Every call is its smallest command, so it has one path only. */
export function aws(retryMode) {
  return (send) => {
    const handle = async (_request, { abortSignal } = {}) => {
      const sent = send({ method: 'GET', path: '/', headers: {}, signal: abortSignal });
      const { status, headers } = await untilAborted(abortSignal, sent);
      const body = Readable.from([Buffer.from(status < 300 ? IDENTITY : REFUSAL)]);
      return { response: { statusCode: status, headers: { ...headers, 'content-type': 'text/xml' }, body } };
    };
    const client = new STSClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      requestHandler: { handle, metadata: { handlerProtocol: 'h1' } },
      retryMode,
    });
    return ({ signal }) => client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  };
}
