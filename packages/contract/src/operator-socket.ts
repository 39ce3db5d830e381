/** The prefix of every path of the operator's API: JSON over a local socket, never over the public port. */
export const OPERATOR_PREFIX = '/operator/v1';

/** The request header with the account name that the audit log records. It is not verified: access to the socket is the permission. */
export const OPERATOR_NAME_HEADER = 'operator-name';
