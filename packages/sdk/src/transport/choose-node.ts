/** The transport for Node, found through the `#transport` import condition. */
export { createNodeTransport as createTransport } from './node-http.ts';
