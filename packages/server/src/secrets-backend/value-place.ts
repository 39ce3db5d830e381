import { createHash } from 'node:crypto';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What the values at a path of a tenant are sealed with, so that they cannot be read at another place. */
export function contextOf(tenant: string, path: string): string {
  // NOTE: neither tenants nor paths can hold a colon, so no two places share a context.
  return `secret-values:${tenant}:${path}`;
}

/** How the names of the files of a tenant begin: with a hash of it, by which they are found when it is gone. */
export const filePrefixOf = (tenant: string): string => `${sha256(`secret-values:${tenant}`).slice(0, 16)}-`;

/** The name of the file with the values at a path of a tenant, as an earlier release wrote it. */
export const earlierFileNameOf = (tenant: string, path: string): string => `${sha256(contextOf(tenant, path))}.sealed`;

/** The name of the file with the values at a path of a tenant. */
export const fileNameOf = (tenant: string, path: string): string => `${filePrefixOf(tenant)}${earlierFileNameOf(tenant, path)}`;
