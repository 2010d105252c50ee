/** The servers that accuracy is measured on: npm's builds and Debian's. */
import { type Cluster, findDebianMajors, requestedMajors, startCluster } from '../../src/cluster/index.ts';
import { Connection, type ConnectOptions } from '../../src/postgres/client/index.ts';

export type Server = { readonly flavour: 'embedded' | 'debian'; readonly major: number };

/** `PEBBLE_PG_FLAVOUR` chooses one of the two, `PEBBLE_PG_MAJORS` npm's majors. */
export const SERVERS: readonly Server[] = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
].filter(({ flavour }) => flavour === (process.env.PEBBLE_PG_FLAVOUR ?? flavour));

/** Probe of the tests here; a reason where they must be skipped. */
export const UNABLE: string | false = process.geteuid?.() === 0 ? false : 'watching PostgreSQL needs root';

const COUNTING = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': '10000' };

/** A cluster whose pg_stat_statements counts beside us. */
export async function startCounting(server: Server, settings: Record<string, string> = {}): Promise<Cluster> {
  const cluster = await startCluster({ ...server, settings: { ...COUNTING, ...settings } });
  await withConnection(cluster, (connection) => connection.query('CREATE EXTENSION pg_stat_statements'));
  return cluster;
}

export async function withConnection<T>(
  cluster: ConnectOptions,
  body: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(cluster);
  try {
    return await body(connection);
  } finally {
    await connection.close();
  }
}

export interface StatementCount {
  readonly queryId: string;
  readonly query: string;
  readonly calls: number;
}

/** What pg_stat_statements has counted, by query id. */
export async function countedStatements(cluster: Cluster): Promise<StatementCount[]> {
  const [result] = await withConnection(cluster, (connection) =>
    connection.query(
      "SELECT queryid, query, calls FROM pg_stat_statements WHERE query !~ 'pg_stat_statements' ORDER BY queryid",
    ),
  );
  return result!.rows.map(([queryId, query, calls]) => ({ queryId: queryId!, query: query!, calls: Number(calls) }));
}

/** Only what is executed from now on is counted. */
export async function resetStatements(cluster: Cluster): Promise<void> {
  await withConnection(cluster, (connection) => connection.query('SELECT pg_stat_statements_reset()'));
}
