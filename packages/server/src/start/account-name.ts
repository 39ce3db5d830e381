import { userInfo } from 'node:os';

/** The name of the account that runs this process; its number where it has no name, as in most containers. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
