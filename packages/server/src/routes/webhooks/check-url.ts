import { invalidField } from '../../errors/refusal.ts';
import { isInternalHost } from '../../outgoing/internal-host.ts';

const HTTPS_PORT = 443;
const FIRST_UNPRIVILEGED_PORT = 1_024;

function problemWith(text: string, mayBeInternal: boolean): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && !(mayBeInternal && url?.protocol === 'http:')) return 'must be an https address';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password; messages are signed';
  if (url.hash !== '') return 'must not have a fragment';
  if (mayBeInternal) return undefined;
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  // NOTE: ports below are those of other services of a machine, such as SSH and SMTP.
  if (port !== HTTPS_PORT && port < FIRST_UNPRIVILEGED_PORT)
    return `must have the port ${HTTPS_PORT} or one from ${FIRST_UNPRIVILEGED_PORT} on`;
  return isInternalHost(url.hostname) ? 'leads to an internal address; use one that is on the internet' : undefined;
}

/**
 * Refuses with 400 an address that no webhook can have. What a name resolves to is checked when a connection is made. The message does
 * not repeat the address, because it may hold a credential.
 */
export function checkUrl(url: string, mayBeInternal: boolean): void {
  const problem = problemWith(url, mayBeInternal);
  if (problem !== undefined) throw invalidField('url', `url ${problem}`);
}
