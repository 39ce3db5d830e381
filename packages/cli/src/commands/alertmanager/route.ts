import type { AlertRoute } from '@openkupe/contract/resources/alertmanager';
import { command, on, required, short, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { readFields } from '../../files/read-fields.ts';
import { placed, ROUTE_VIEW } from '../../output/alertmanager-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { deleted, IF_MATCH_FLAG, onlyIf, valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForRoute } from './next-step.ts';

const PLACE = { place: { summary: 'Its place in the list, counted from 0.' } } as const;

function readPlace(text: string): number {
  if (/^(0|[1-9]\d{0,2})$/.test(text)) return Number(text);
  throw misuse(`A route has a place in the list, not ${JSON.stringify(text)}; give a whole number from 0.`);
}

/** `GET …/alertmanager/routes`. */
export const routeList = command({
  path: 'alertmanager route list',
  summary: 'List the routes, in order: the first that matches wins.',
  examples: [{ run: 'openkupe alertmanager route list', why: 'with their places' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run(_, context) {
    const { value } = await (await context.client()).alertmanager.routes.list({ signal: context.signal });
    return list(value.map(placed), ROUTE_VIEW);
  },
});

/** `GET …/alertmanager/routes/{index}`. */
export const routeGet = command({
  path: 'alertmanager route get',
  summary: 'Show a route.',
  examples: [{ run: 'openkupe alertmanager route get 0 -o yaml', why: 'as `route put` takes it' }],
  args: PLACE,
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: nextForRoute,
  async run({ args: { place } }, context) {
    const at = readPlace(place);
    const { value } = await (await context.client()).alertmanager.routes.getOne(at, { signal: context.signal });
    return object(placed(value, at), ROUTE_VIEW);
  },
});

/** `PUT …/alertmanager/routes`, or `PUT …/alertmanager/routes/{index}` with a place. */
export const routePut = command({
  path: 'alertmanager route put',
  summary: 'Replace all routes, or the one at a place.',
  details: 'Without a place the file has the list of all routes in `items`; with one it has the fields of that route.',
  examples: [
    { run: 'openkupe alertmanager route put -f routes.yaml', why: 'all of them' },
    { run: 'openkupe alertmanager route put 0 -f route.yaml', why: 'the first one' },
  ],
  args: { place: { ...PLACE.place, isOptional: true } },
  flags: { file: required(short('f', text('file', 'A file with the routes, - for stdin.'))), ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForRoute,
  async run({ args: { place }, flags: { file, ifMatch, validateOnly } }, context) {
    const options = { signal: context.signal, validateOnly, ...onlyIf(ifMatch) };
    const at = place === undefined ? undefined : readPlace(place);
    const fields = await readFields(file, context.io);
    if (at === undefined && !Array.isArray(fields.items)) throw misuse('The file has no list `items`; give all routes in it, or a place.');
    const { routes } = (await context.client()).alertmanager;
    if (at === undefined) {
      const { value } = await routes.put(fields.items as AlertRoute[], options);
      return validateOnly ? valid(context) : list(value.map(placed), ROUTE_VIEW);
    }
    const { value } = await routes.putOne(at, fields as AlertRoute, options);
    return validateOnly ? valid(context) : object(placed(value, at), ROUTE_VIEW);
  },
});

/** `DELETE …/alertmanager/routes/{index}`, or `DELETE …/alertmanager/routes` with `--all`. */
export const routeDelete = command({
  path: 'alertmanager route delete',
  summary: 'Delete the route at a place, or all of them. The later ones move up.',
  examples: [
    { run: 'openkupe alertmanager route delete 1', why: 'the second one' },
    { run: 'openkupe alertmanager route delete --all', why: 'every one' },
  ],
  args: { place: { ...PLACE.place, isOptional: true } },
  flags: { all: on('Delete all routes.'), ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForRoute,
  async run({ args: { place }, flags: { all, ifMatch, validateOnly } }, context) {
    if ((place !== undefined) === all) throw misuse('Give either the place of a route or --all.');
    const options = { signal: context.signal, validateOnly, ...onlyIf(ifMatch) };
    const { routes } = (await context.client()).alertmanager;
    await (place === undefined ? routes.clear(options) : routes.deleteOne(readPlace(place), options));
    return validateOnly ? valid(context) : deleted('route', place ?? 'all');
  },
});
