/** `--store URL`: which store, and where. */
import { PebbleError } from '../base/errors.ts';
import { type Retention, SqliteStore } from './sqlite/index.ts';
import type { Store } from './store.ts';

export interface OpenStoreOptions {
  readonly readOnly?: boolean;
  readonly retention?: Retention;
}

type Opener = (url: string, options: OpenStoreOptions) => Store | Promise<Store>;

/** A new store is a folder and a row. */
const STORES: Readonly<Record<string, Opener>> = {
  sqlite: (url, options) => SqliteStore.open(url.replace(/^sqlite:(\/\/)?/, ''), options),
};

export const STORE_FORMS = 'sqlite:PATH';

export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const open = STORES[/^([a-z]+):./.exec(url)?.[1] ?? ''];
  if (open) return open(url, options);
  throw new PebbleError('usage', {
    doing: 'reading --store',
    what: `${JSON.stringify(url)} names no store`,
    hint: `write ${STORE_FORMS}`,
  });
}
