import type { Config } from '../config/config.ts';
import { placeOf as placeOfServer } from '../store/database-address.ts';
import type { StorePlace } from './compose.ts';

/** The store that the settings name. */
export function placeOf({ dataFolder, database }: Config): StorePlace {
  return database ? { kind: 'database', settings: database } : { kind: 'folder', folder: dataFolder };
}

/** A store in a sentence; never with a password. */
export function describePlace(place: StorePlace): string {
  if (place.kind === 'folder') return `the data folder "${place.folder}"`;
  const { servers, database } = place.settings;
  return `the database "${database}" at ${servers.map(placeOfServer).join(', ')}`;
}
