/** `--store URL`: which store, and where. */
import { PebbleError } from '../base/errors.ts';
import { ClickHouseStore } from './clickhouse/index.ts';
import type { Retention } from './retention.ts';
import type { SpoolPlace } from './spool.ts';
import { SqliteStore } from './sqlite/index.ts';
import type { Store } from './store.ts';

export interface OpenStoreOptions {
  readonly readOnly?: boolean;
  readonly retention?: Retention;
  /** Where what a server does not take yet is kept; needed by those who write to one. */
  readonly spool?: SpoolPlace;
}

type Opener = (url: string, options: OpenStoreOptions) => Store | Promise<Store>;

/** A new store is a folder and a row. */
const STORES: Readonly<Record<string, Opener>> = {
  clickhouse: (url, options) => ClickHouseStore.open(url, options),
  sqlite: (url, options) => SqliteStore.open(url.replace(/^sqlite:(\/\/)?/, ''), options),
};

export const STORE_FORMS = 'sqlite:PATH or clickhouse://USER:PASSWORD@HOST:PORT/DATABASE';

export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const open = STORES[/^([a-z]+):./.exec(url)?.[1] ?? ''];
  if (open) return open(url, options);
  throw new PebbleError('usage', {
    doing: 'reading --store',
    what: `${JSON.stringify(url)} names no store`,
    hint: `write ${STORE_FORMS}`,
  });
}
