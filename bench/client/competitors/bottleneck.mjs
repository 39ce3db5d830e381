import Bottleneck from 'bottleneck';
import { fetchInit, fetchOver, HOST, okOf } from './network.mjs';

/** Not a rival but a yardstick: a queue that knows the limit and the number of sharers beforehand. It repeats nothing. */
export function bottleneck(send, _seed, limit) {
  const fetch = fetchOver(send);
  const call = ({ path, ...given }) => fetch(HOST + path, fetchInit(given)).then(okOf);
  if (!limit) return call;
  const { perSecond, sharers = 1 } = limit;
  const limiter = new Bottleneck({ minTime: (1_000 * sharers) / perSecond });
  return (given) => limiter.schedule(() => call(given));
}
