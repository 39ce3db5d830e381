import type { OidcIssuer } from '../auth/oidc-authenticator.ts';
import type { OpenBaoOptions } from '../secrets-backend/openbao/openbao-values.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS } from './settings.ts';

/** The OIDC issuer whose tokens are accepted; `undefined` for none. Plain http only on loopback: its answers decide who is admitted. */
export function readIssuer(read: SettingReader): OidcIssuer | undefined {
  const issuer = read.text('oidcIssuer');
  if (issuer === '') return undefined;
  read.checkUrl('oidcIssuer');
  const audience = read.text('oidcAudience');
  if (audience === '') read.refuse('oidcAudience', 'given');
  return { issuer, audience, assumesVerified: read.isOn('oidcAssumeVerified'), acceptsIdTokens: read.isOn('oidcIdTokens') };
}

/** How API servers of clusters reach the control plane. */
export interface TokenReviewSettings {
  /** `undefined` for the port on which it listens, on the same machine. */
  readonly url: string | undefined;
  readonly caFile: string | undefined;
}

/** How API servers reach the control plane. Plain http only on loopback: tokens are sent there. */
export function readTokenReview(read: SettingReader, path: (name: 'tokenReviewCaFile') => string | undefined): TokenReviewSettings {
  const url = read.text('tokenReviewUrl') || undefined;
  if (url !== undefined) read.checkUrl('tokenReviewUrl');
  const caFile = path('tokenReviewCaFile');
  if (caFile !== undefined && !url?.startsWith('https:'))
    read.problems.push(`${SETTINGS.tokenReviewCaFile.variable} has no effect without ${SETTINGS.tokenReviewUrl.variable}=https://…`);
  return { url, caFile };
}

/** An Alertmanager for all tenants, and the file with its configuration. */
export interface AlertmanagerSettings {
  readonly address: string;
  readonly file: string;
}

/** The Alertmanager that configurations are delivered to; `undefined` where they are only stored. Plain http only on loopback: it must not be another one. */
export function readAlertmanager(
  read: SettingReader,
  path: (name: 'alertmanagerFile') => string | undefined,
): AlertmanagerSettings | undefined {
  const address = read.text('alertmanagerUrl');
  const file = path('alertmanagerFile');
  if (address === '' && file === undefined) return undefined;
  if (address === '' || file === undefined) {
    const { alertmanagerUrl, alertmanagerFile } = SETTINGS;
    read.problems.push(`${alertmanagerUrl.variable} and ${alertmanagerFile.variable} belong together; give both or none`);
    return undefined;
  }
  read.checkUrl('alertmanagerUrl');
  return { address: address.endsWith('/') ? address.slice(0, -1) : address, file };
}

/** The OpenBao server with the values of secrets; `undefined` for the embedded store. Plain http only on loopback: its answers are secrets. */
export function readOpenBao(read: SettingReader): Omit<OpenBaoOptions, 'clock'> | undefined {
  const address = read.text('openbaoAddress');
  if (address === '') return undefined;
  const token = read.text('openbaoToken');
  const mount = read.text('openbaoMount');
  read.checkUrl('openbaoAddress');
  if (!/^[\x21-\x7e]+$/.test(token)) read.problems.push(`${SETTINGS.openbaoToken.variable} must be a token without spaces`);
  if (!/^[A-Za-z0-9_{][A-Za-z0-9_./{}-]*$/.test(mount)) read.refuse('openbaoMount', 'the path of a mount, such as "kv"');
  return { address, token, mount, timeoutMs: read.number('openbaoTimeoutSeconds', { least: 0.1, most: 15 }) * 1000 };
}
