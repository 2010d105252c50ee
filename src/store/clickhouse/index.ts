/** History of a fleet: ClickHouse, with what agents could not deliver yet on their own disks. */
import { PebbleError } from '../../base/errors.ts';
import type { OpenStoreOptions } from '../open.ts';
import { DEFAULT_RETENTION } from '../retention.ts';
import { Spool, type Waiting } from '../spool.ts';
import type {
  Interval,
  QueryText,
  RecordsRequest,
  StepsRequest,
  Store,
  StoredRecord,
  StoreState,
  Summed,
  SumRequest,
} from '../store.ts';
import { type Address, parseAddress } from './address.ts';
import { HttpLink, type Link } from './link.ts';
import { quoted, Reader } from './reader.ts';
import { rowsOf, type TableRows } from './rows.ts';
import { additions, createTables, createViews, type Existing } from './schema.ts';

/** TTL clauses came with 19.6. */
const TTL_SINCE = [19, 6];
const KNOWN_MS = 30_000;
/** Rows of these are told apart by more than their interval, and may come twice: merges and answers take the latest. */
const REPEATABLE = new Set(['texts', 'records']);

export interface ClickHouseOptions extends OpenStoreOptions {
  /** Absent: by HTTP. */
  readonly link?: Link;
}

export class ClickHouseStore implements Store {
  readonly #address: Address;
  readonly #link: Link;
  readonly #keepMs: readonly number[];
  readonly #reader: Reader;
  /** Absent where nothing is written. */
  readonly #spool: Spool<readonly TableRows[]> | undefined;
  readonly #sentTexts = new Map<string, boolean>();
  #hasTtl: boolean | undefined;
  #knownUntil = 0;
  #lastKnown: Promise<Pick<StoreState, 'bytes' | 'oldestMs' | 'newestMs'> & Partial<StoreState>> = Promise.resolve({
    bytes: 0,
    oldestMs: null,
    newestMs: null,
  });

  static async open(url: string, options: ClickHouseOptions = {}): Promise<ClickHouseStore> {
    const store = new ClickHouseStore(parseAddress(url), options);
    // A wrong password is told now; a server that is away is waited for by those who write.
    if (options.readOnly) await store.#link.query('SELECT 1');
    return store;
  }

  private constructor(address: Address, { readOnly, retention = DEFAULT_RETENTION, spool, link }: ClickHouseOptions) {
    this.#address = address;
    this.#link = link ?? new HttpLink(address);
    this.#keepMs = retention.keepMs;
    this.#reader = new Reader(this.#link, address.database, this.#keepMs);
    if (readOnly) return;
    if (!spool)
      throw new PebbleError('usage', {
        doing: 'opening the store',
        what: 'there is no folder for what cannot be delivered',
      });
    this.#spool = new Spool(spool, (waiting) => this.#deliver(waiting));
  }

  /** Kept on this host's disk when this resolves, and delivered where the server is there. */
  async append(interval: Interval): Promise<void> {
    const id = Spool.newId();
    const fresh = new Map(
      [...interval.texts].filter(([fingerprint, { truncated }]) => this.#isNews(fingerprint, truncated)),
    );
    await this.#spool!.put(id, rowsOf({ ...interval, texts: fresh }, id, Date.now()));
    for (const [fingerprint, { truncated }] of fresh) this.#sentTexts.set(fingerprint, truncated);
  }

  sum(request: SumRequest): Promise<Summed> {
    return this.#reader.sum(request);
  }

  steps(request: StepsRequest): Promise<readonly Summed[]> {
    return this.#reader.steps(request);
  }

  records(request: RecordsRequest): Promise<readonly StoredRecord[]> {
    return this.#reader.records(request);
  }

  texts(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, QueryText>> {
    return this.#reader.texts(fingerprints);
  }

  async state(): Promise<StoreState> {
    const { trouble = null, pending = 0, lost = 0 } = this.#spool ?? {};
    const { url, known } = { url: this.#address.shown, known: await this.#known() };
    return { url, trouble, pending, lost, ...known };
  }

  /** Asked by every agent at every flush: it may be some seconds old. */
  #known(): Promise<Partial<StoreState> & Pick<StoreState, 'bytes' | 'oldestMs' | 'newestMs'>> {
    if (performance.now() < this.#knownUntil) return this.#lastKnown;
    this.#knownUntil = performance.now() + KNOWN_MS;
    const nothing = { bytes: 0, oldestMs: null, newestMs: null };
    this.#lastKnown = this.#reader.state().catch((error: unknown) => {
      this.#knownUntil = 0;
      return { ...nothing, trouble: (error as Error).message };
    });
    return this.#lastKnown;
  }

  /** What waits is tried again. Old rows: the server's TTLs, and before it had any the agents. */
  async maintain(nowMs: number, agedMs: number = nowMs): Promise<void> {
    await this.#spool?.drain();
    if (this.#hasTtl === false) await this.#dropOld(agedMs);
  }

  async close(): Promise<void> {
    await this.#spool?.close();
    await this.#link.close();
  }

  #isNews(fingerprint: string, truncated: boolean): boolean {
    const sent = this.#sentTexts.get(fingerprint);
    return sent === undefined || (sent && !truncated);
  }

  /** What may have arrived although nobody said so is looked for first: rows come once, and an insert is all or nothing. */
  async #deliver(waiting: readonly Waiting<readonly TableRows[]>[]): Promise<void> {
    await this.#prepare();
    const tables = new Set(waiting.flatMap(({ item }) => item.map(({ table }) => table)));
    // The intervals' own rows come last: where they are, all others are.
    for (const table of [...tables].filter((name) => name !== 'intervals').concat('intervals')) {
      const there = REPEATABLE.has(table) ? undefined : await this.#among(table, waiting);
      const missing = waiting.filter(({ id }) => !there?.has(id));
      const rows = missing.flatMap(({ item }) => item.find((one) => one.table === table)?.rows ?? []);
      const token = [table, missing[0]?.id, missing.at(-1)?.id, missing.length].join(' ');
      if (rows.length > 0) await this.#link.insert(table, rows, token);
    }
  }

  /** Which of them have arrived in this table. */
  async #among(table: string, waiting: readonly Waiting<unknown>[]): Promise<ReadonlySet<string>> {
    const ids = waiting.filter(({ isFirst }) => !isFirst).map(({ id }) => quoted(id));
    if (ids.length === 0) return new Set();
    const rows = await this.#link.query(
      `SELECT DISTINCT flush_id FROM ${this.#address.database}.${table} WHERE flush_id IN (${ids.join(', ')})`,
    );
    return new Set(rows.map(([id]) => String(id)));
  }

  async #prepare(): Promise<void> {
    if (this.#hasTtl !== undefined) return;
    const [[version] = []] = await this.#link.query('SELECT version()');
    const [major, minor] = String(version).split('.').map(Number) as [number, number];
    const hasTtl = major > TTL_SINCE[0]! || (major === TTL_SINCE[0]! && minor >= TTL_SINCE[1]!);
    const { database, cluster } = this.#address;
    const options = { database, cluster, keepMs: this.#keepMs, hasTtl };
    for (const statement of createTables(options)) await this.#link.command(statement);
    for (const statement of additions(options, await this.#existing())) await this.#link.command(statement);
    for (const statement of createViews(options)) await this.#link.command(statement);
    this.#hasTtl = hasTtl;
  }

  async #existing(): Promise<Existing> {
    const rows = await this.#link.query(
      `SELECT table, name FROM system.columns WHERE database = ${quoted(this.#address.database)}`,
    );
    const there = new Map<string, Set<string>>();
    for (const [table, name] of rows) {
      const columns = there.get(String(table)) ?? new Set<string>();
      there.set(String(table), columns.add(String(name)));
    }
    return there;
  }

  /** Whole partitions: of days, above them of months. */
  async #dropOld(nowMs: number): Promise<void> {
    const { database } = this.#address;
    const rows = await this.#link.query(
      `SELECT table, partition, max(max_time) FROM (SELECT table, partition, toUInt32(max_time) AS max_time FROM system.parts
       WHERE active AND database = ${quoted(database)}) GROUP BY table, partition`,
    );
    for (const [table, partition, newest] of rows) {
      const keepMs = this.#keepMsOf(String(table));
      if (Number(newest) === 0 || Number(newest) * 1000 >= nowMs - keepMs) continue;
      await this.#link.command(`ALTER TABLE ${database}.${String(table)} DROP PARTITION ${String(partition)}`);
    }
  }

  #keepMsOf(table: string): number {
    const level = ['_1min', '_1h'].findIndex((ending) => table.endsWith(ending)) + 1;
    if (level > 0) return this.#keepMs[level]!;
    if (table === 'records') return this.#keepMs[1]!;
    return table === 'intervals' || table === 'texts' ? Math.max(...this.#keepMs) : this.#keepMs[0]!;
  }
}

export { schema } from './schema.ts';
