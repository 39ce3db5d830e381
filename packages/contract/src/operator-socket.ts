/** The operator's side: JSON over a local socket, under this prefix, never over the public port. */
export const OPERATOR_PREFIX = '/operator/v1';

/** Sent by the caller: the account name that the audit shows. Whoever can open the socket is trusted with it. */
export const OPERATOR_NAME_HEADER = 'operator-name';
