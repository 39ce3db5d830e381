import { FORWARDING_HEADERS, type ForwardingHeader } from '../http/client-address/client-address.ts';
import { createTrustedProxies, type TrustedProxySet } from '../http/client-address/trusted-proxies.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS, type SettingName } from './settings.ts';

/** The trusted proxies, and how they pass the address of the client on. */
export interface ProxySettings {
  readonly trustedProxies: TrustedProxySet;
  readonly forwardingHeader: ForwardingHeader;
  /** Whether their connections begin with a header of the PROXY protocol. */
  readonly expectsProxyHeader: boolean;
}

/** The set of the listed blocks; `undefined` with a problem when one is malformed. */
function readTrusted(read: SettingReader): TrustedProxySet | undefined {
  try {
    return createTrustedProxies(read.list('trustedProxies'));
  } catch (error) {
    read.problems.push(`${SETTINGS.trustedProxies.variable}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Reads the settings of proxies. A header that no trusted proxy writes would silently have no effect, so setting it is refused. */
export function readProxies(read: SettingReader): ProxySettings {
  const trusted = readTrusted(read);
  const expectsProxyHeader = read.isOn('proxyProtocol');
  const refuseWithoutProxies = (name: SettingName) =>
    read.problems.push(
      `${SETTINGS[name].variable} has no effect without ${SETTINGS.trustedProxies.variable}; list the proxies that write it`,
    );
  if (trusted?.isEmpty && read.isGiven('forwardingHeader')) refuseWithoutProxies('forwardingHeader');
  if (trusted?.isEmpty && expectsProxyHeader) refuseWithoutProxies('proxyProtocol');
  const forwardingHeader = read.oneOf('forwardingHeader', FORWARDING_HEADERS);
  return { trustedProxies: trusted ?? createTrustedProxies([]), forwardingHeader, expectsProxyHeader };
}
