/** One connection to one database: read only, short questions, and never in anybody's way. */
import type { Client } from 'pg';
import { PebbleError } from '../base/errors.ts';

/** pg_stat_activity.application_name of every connection of ours. */
const APPLICATION_NAME = 'pebble';
/** Nobody waits for us long, and we wait for nobody. */
const SETTINGS = [
  'default_transaction_read_only=on',
  'statement_timeout=2s',
  'lock_timeout=100ms',
  'idle_in_transaction_session_timeout=5s',
  'search_path=pg_catalog',
];
const CONNECT_MS = 3000;

export interface SessionOptions {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; a directory as `?host=` is that of a Unix socket. */
  readonly url: string;
  /** Another database than the URL's. */
  readonly database?: string;
  /** Told the backend's process id before anything is asked. */
  readonly onBackend?: (pid: number) => void;
  /** Told when it has ended: another session's backend may get its process id. */
  readonly onGone?: (pid: number) => void;
}

export type SqlRow = Readonly<Record<string, unknown>>;

export class Session {
  readonly #client: Client;
  readonly #where: string;
  #isOpen = true;

  static async open({ url, database, onBackend, onGone }: SessionOptions): Promise<Session> {
    const { default: pg } = await import('pg');
    const where = describe(url, database);
    try {
      const client = new pg.Client({
        connectionString: database === undefined ? url : withDatabase(url, database),
        application_name: APPLICATION_NAME,
        connectionTimeoutMillis: CONNECT_MS,
        options: SETTINGS.map((setting) => `-c ${setting}`).join(' '),
      });
      const session = new Session(client, where);
      await client.connect();
      const { processID: pid } = client as unknown as { readonly processID: number };
      client.once('end', () => onGone?.(pid));
      onBackend?.(pid);
      return session;
    } catch (cause) {
      throw troubleOf(`connecting to ${where}`, cause);
    }
  }

  private constructor(client: Client, where: string) {
    this.#client = client;
    this.#where = where;
    // A server that restarts ends the connection between two questions: whoever asks next finds it closed.
    client.on('error', () => {
      this.#isOpen = false;
    });
    client.on('end', () => {
      this.#isOpen = false;
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Numbers that may be large are text. */
  async ask<Row extends object = SqlRow>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    try {
      return (await this.#client.query<Row & SqlRow>(sql, values && [...values])).rows;
    } catch (cause) {
      throw troubleOf(`asking ${this.#where}`, cause);
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#client.end().catch(() => {});
  }
}

/** The URL's parts win over other options of the library. */
function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** Without the password. */
function describe(url: string, database: string | undefined): string {
  if (!URL.canParse(url)) return 'PostgreSQL';
  const { hostname, port, username, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return `${host || 'localhost'}${port ? `:${port}` : ''}, database ${database ?? pathname.slice(1)}, as ${decodeURIComponent(username)}`;
}

function troubleOf(doing: string, cause: unknown): PebbleError {
  const { message, code } = cause as { readonly message: string; readonly code?: string };
  return new PebbleError('io', { doing, what: message || String(code), hint: HINTS[code ?? ''] ?? HINT, cause });
}

const HINT = 'everything that needs no SQL goes on; the connection is tried again';
/** By SQLSTATE: PostgreSQL documentation, "PostgreSQL Error Codes". */
const HINTS: Readonly<Record<string, string>> = {
  '28P01': 'give the password in the URL, or in ~/.pgpass of the agent',
  '28000': 'allow the role in pg_hba.conf',
  '3D000': 'name a database that exists in the URL',
  '42501': 'GRANT pg_monitor TO the role of the connection; for plans also the right to read the tables',
};
