/** The transport for everything that is not Node, found through the `#transport` import condition. */
export { createFetchTransport as createTransport } from './fetch.ts';
