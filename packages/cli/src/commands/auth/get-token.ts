import { formatTime } from '@openkupe/contract/clock';
import { command } from '../../command.ts';
import { EXEC_CREDENTIAL_VERSION } from '../../kubeconfig/kubeconfig.ts';
import { usedUntilMs } from '../../sign-in/stored-logins.ts';

/** The credential plugin of kubectl: prints an ExecCredential, with a renewed access token where the stored one has ended. */
export const authGetToken = command({
  path: 'auth get-token',
  summary: 'Print the present token for kubectl.',
  details:
    'Prints an ExecCredential of client.authentication.k8s.io/v1, which holds the token: it is meant for kubectl, which runs this command ' +
    'for a kubeconfig made with `cluster kubeconfig --exec`. No other command prints a token.',
  examples: [{ run: 'openkupe auth get-token', why: 'what kubectl runs' }],
  args: {},
  flags: {},
  formats: ['json'],
  isRemote: true,
  hasScript: false,
  async run(_, context) {
    const { apiKey, signIn } = await context.credentials();
    const untilMs = signIn && usedUntilMs(signIn);
    const status = { ...(untilMs === undefined ? {} : { expirationTimestamp: formatTime(untilMs) }), token: apiKey };
    const value = { apiVersion: EXEC_CREDENTIAL_VERSION, kind: 'ExecCredential', status };
    return { kind: 'document', text: '', value };
  },
});
