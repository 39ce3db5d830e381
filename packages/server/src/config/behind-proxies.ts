import { FORWARDING_HEADERS, type ForwardingHeader } from '../guard/client-address.ts';
import { createTrustedProxies, type TrustedProxySet } from '../guard/trusted-proxies.ts';
import { SETTINGS, type SettingName } from './names.ts';

/** Who stands in front of the server, and how they tell whom they speak for. */
export interface ProxySettings {
  readonly trustedProxies: TrustedProxySet;
  readonly forwardingHeader: ForwardingHeader;
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
  if (trusted?.isEmpty && read.isGiven('forwardingHeader')) {
    read.problems.push(
      `${SETTINGS.forwardingHeader.variable} has no effect without ${SETTINGS.trustedProxies.variable}; list the proxies that write it`,
    );
  }
  return { trustedProxies: trusted ?? createTrustedProxies([]), forwardingHeader: read.oneOf('forwardingHeader', FORWARDING_HEADERS) };
}
