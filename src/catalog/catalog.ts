/** One cluster's catalogs: a connection a database, opened when it is asked for and opened again when it was lost. */
import type { CatalogFacts } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import { explain, type Plan } from './questions/explain.ts';
import { readHorizon } from './questions/horizon.ts';
import { type RelationName, readNames } from './questions/names.ts';
import { readReplication } from './questions/replication.ts';
import { readServer } from './questions/server.ts';
import { readVacuum } from './questions/vacuum.ts';
import { Session, type SessionOptions } from './session.ts';

/** Of every database one connection is held: a server with more is asked about the first ones only. */
const MOST_DATABASES = 20;

export type CatalogOptions = Omit<SessionOptions, 'database'>;

interface Server {
  readonly systemIdentifier: string;
  readonly major: number;
}

const SERVER = `
  SELECT (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier", current_setting('server_version_num')::int / 10000 AS major`;
const DATABASES = `
  SELECT datname AS name, oid::text AS oid FROM pg_database
   WHERE datallowconn AND NOT datistemplate AND has_database_privilege(oid, 'CONNECT') ORDER BY pg_database_size(oid) DESC`;

export class Catalog {
  /** Of the cluster: what it is recognised by. */
  readonly systemIdentifier: string;
  readonly #major: number;
  readonly #options: CatalogOptions;
  /** By database; the URL's own under ''. */
  readonly #sessions = new Map<string, Session>();

  static async open(options: CatalogOptions): Promise<Catalog> {
    const session = await Session.open(options);
    const [server] = await session.ask<Server>(SERVER);
    return new Catalog(options, session, server!);
  }

  private constructor(options: CatalogOptions, session: Session, { systemIdentifier, major }: Server) {
    this.#options = options;
    this.systemIdentifier = systemIdentifier;
    this.#major = major;
    this.#sessions.set('', session);
  }

  async facts(): Promise<CatalogFacts> {
    const session = await this.#session();
    const server = await readServer(session, this.#major);
    const replication = await readReplication(session);
    const horizon = await readHorizon(session);
    const vacuum = await this.#ofDatabases(readVacuum);
    const behind = vacuum.flatMap(({ rows }) => rows).sort((a, b) => excess(b) - excess(a));
    return { at: new Date().toISOString(), ...server, ...replication, horizon, vacuum: behind };
  }

  /** By OID of the database. */
  async names(): Promise<ReadonlyMap<string, readonly RelationName[]>> {
    const found = await this.#ofDatabases(readNames);
    return new Map(found.map(({ oid, rows }) => [oid, rows]));
  }

  async explain(database: string, text: string): Promise<Plan> {
    return explain(await this.#session(database), text, this.#major);
  }

  async close(): Promise<void> {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(open.map((session) => session.close()));
  }

  /** Of every database that lets us in. */
  async #ofDatabases<Row>(
    read: (session: Session) => Promise<Row[]>,
  ): Promise<{ readonly oid: string; readonly rows: Row[] }[]> {
    const databases = await (await this.#session()).ask<{ name: string; oid: string }>(DATABASES);
    const found: { oid: string; rows: Row[] }[] = [];
    // One after the other: what is asked of the server at one time is one question.
    for (const { name, oid } of databases.slice(0, MOST_DATABASES)) {
      try {
        found.push({ oid, rows: await read(await this.#session(name)) });
      } catch (error) {
        if (!(error instanceof PebbleError)) throw error;
      }
    }
    return found;
  }

  async #session(database = ''): Promise<Session> {
    const known = this.#sessions.get(database);
    if (known?.isOpen) return known;
    const opened = await Session.open({ ...this.#options, ...(database !== '' && { database }) });
    this.#sessions.set(database, opened);
    return opened;
  }
}

const excess = ({ dead_tuples, threshold }: CatalogFacts['vacuum'][number]): number =>
  dead_tuples / Math.max(1, threshold);
