/** The data folder cannot hold a store: it is no directory, cannot be written, or holds a file that is not ours. */
export class DataFolderNotUsableError extends Error {
  override readonly name = 'DataFolderNotUsableError';
}

/** A part of the data folder is missing or belongs to another installation. Going on would lose what the rest of it depends on. */
export class DataFolderIncompleteError extends Error {
  override readonly name = 'DataFolderIncompleteError';
}

/** Another control plane runs on this data folder. Two of them would reconcile the same clusters. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
}

/** A newer release wrote this store. Migrations go forward only, so an older one must not touch it. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';
}

/** The database server cannot be reached, lets this user not in, or cannot hold the store. */
export class DatabaseNotUsableError extends Error {
  override readonly name = 'DatabaseNotUsableError';
}
