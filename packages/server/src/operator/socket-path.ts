import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Log } from '../log/log.ts';
import { isUsableSocketPath, type OperatorServer } from './operator-server.ts';

/**
 * Opens the operator's socket where the settings say, or in the data folder. A data folder whose path is too long for a socket, and
 * Windows, whose pipes have no file mode, get none: the control plane runs without, and the log says how to get one.
 */
export async function listenForOperator(
  server: OperatorServer,
  config: Pick<Config, 'dataFolder' | 'operatorSocket'>,
  log: Log,
): Promise<void> {
  if (config.operatorSocket !== undefined) return server.listen(config.operatorSocket);
  const path = join(config.dataFolder, 'operator.sock');
  if (process.platform !== 'win32' && isUsableSocketPath(path)) return server.listen(path);
  log.warn({ path }, 'there is no operator socket, because this path cannot be one; set OPENKUPE_OPERATOR_SOCKET to a short path');
}
