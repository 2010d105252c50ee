/** What the store needs of a ClickHouse; over HTTP, by the vendor's client. */
import type { ClickHouseClient } from '@clickhouse/client';
import { PebbleError } from '../../base/errors.ts';
import type { Address } from './address.ts';

export type Cell = string | number | null | readonly (string | number)[];
export type TableRow = Readonly<Record<string, Cell>>;

export interface Link {
  /** Rows as arrays; numbers of 64 bits as text. */
  query(sql: string): Promise<readonly (readonly Cell[])[]>;
  command(sql: string): Promise<void>;
  /** All or nothing, and the same `token` twice is once where the server knows of such. */
  insert(table: string, rows: readonly TableRow[], token: string): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** Servers before it would refuse a setting that they do not know. */
const KNOWS_TOKENS = 22;

export class HttpLink implements Link {
  readonly #address: Address;
  #client: ClickHouseClient | undefined;
  #major: Promise<number> | undefined;

  constructor(address: Address) {
    this.#address = address;
  }

  async query(sql: string): Promise<readonly (readonly Cell[])[]> {
    return this.#try('asking', async (client) => {
      const answer = await client.query({ query: sql, format: 'JSONCompact' });
      return (await answer.json<readonly Cell[]>()).data;
    });
  }

  async command(sql: string): Promise<void> {
    await this.#try('preparing', (client) => client.command({ query: sql }));
  }

  async insert(table: string, rows: readonly TableRow[], token: string): Promise<void> {
    await this.#try('writing to', async (client) => {
      const knowsTokens = (await this.#majorOf(client)) >= KNOWS_TOKENS;
      await client.insert({
        table: `${this.#address.database}.${table}`,
        values: rows,
        format: 'JSONEachRow',
        columns: Object.keys(rows[0]!) as [string, ...string[]],
        clickhouse_settings: {
          ...(this.#address.cluster !== undefined && { insert_distributed_sync: 1 }),
          ...(knowsTokens && { insert_deduplication_token: token }),
        },
      });
    });
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async #majorOf(client: ClickHouseClient): Promise<number> {
    this.#major ??= client
      .query({ query: 'SELECT version()', format: 'JSONCompact' })
      .then((answer) => answer.json<readonly [string]>())
      .then(({ data }) => Number.parseInt(data[0]![0], 10));
    return this.#major.catch((error: unknown) => {
      this.#major = undefined;
      throw error;
    });
  }

  async #try<T>(doing: string, work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#open());
    } catch (cause) {
      throw new PebbleError('io', {
        doing: `${doing} ${this.#address.shown}`,
        what: (cause as Error).message.split('\n')[0] || String(cause),
        hint: 'the server must run, and let this user create and write tables of this database',
        cause,
      });
    }
  }

  /** Loaded by those only who have such a store. */
  async #open(): Promise<ClickHouseClient> {
    if (this.#client) return this.#client;
    const { createClient, ClickHouseLogLevel } = await import('@clickhouse/client');
    const { url, username, password } = this.#address;
    this.#client ??= createClient({
      url,
      username,
      password,
      application: 'pebble',
      request_timeout: TIMEOUT_MS,
      log: { level: ClickHouseLogLevel.OFF },
    });
    return this.#client;
  }
}
