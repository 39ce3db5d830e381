import { FORWARDING_HEADERS, type ForwardingHeader } from '../http/client-address/client-address.ts';
import { createTrustedProxies, type TrustedProxySet } from '../http/client-address/trusted-proxies.ts';
import { SETTINGS, type SettingName } from './names.ts';

/** Who stands in front of the server, and how they tell whom they speak for. */
export interface ProxySettings {
  readonly trustedProxies: TrustedProxySet;
  readonly forwardingHeader: ForwardingHeader;
  /** Their connections begin with a header of the PROXY protocol. */
  readonly expectsProxyHeader: boolean;
}

interface Texts {
  readonly problems: string[];
  isGiven(name: SettingName): boolean;
  text(name: SettingName): string;
  oneOf<Word extends string>(name: SettingName, words: readonly Word[]): Word;
}

/** The entries of the list; undefined when one of them cannot be read, which is then among the problems. */
function readTrusted(text: string, problems: string[]): TrustedProxySet | undefined {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  try {
    return createTrustedProxies(entries);
  } catch (error) {
    problems.push(`${SETTINGS.trustedProxies.variable}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Reads them. What nobody is trusted to write has no effect, and an operator who sets it believes otherwise; so it is refused. */
export function readProxies(read: Texts): ProxySettings {
  const trusted = readTrusted(read.text('trustedProxies'), read.problems);
  const expectsProxyHeader = read.oneOf('proxyProtocol', ['off', 'on']) === 'on';
  const isForNobody = (name: SettingName) =>
    read.problems.push(
      `${SETTINGS[name].variable} has no effect without ${SETTINGS.trustedProxies.variable}; list the proxies that write it`,
    );
  if (trusted?.isEmpty && read.isGiven('forwardingHeader')) isForNobody('forwardingHeader');
  if (trusted?.isEmpty && expectsProxyHeader) isForNobody('proxyProtocol');
  const forwardingHeader = read.oneOf('forwardingHeader', FORWARDING_HEADERS);
  return { trustedProxies: trusted ?? createTrustedProxies([]), forwardingHeader, expectsProxyHeader };
}
