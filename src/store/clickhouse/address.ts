/** `clickhouse://USER:PASSWORD@HOST:PORT/DATABASE?cluster=NAME&tls=yes`: where a server is, and how its tables are laid out. */
import { PebbleError } from '../../base/errors.ts';

export interface Address {
  /** Of the server's HTTP interface. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** Tables are made on every node of it, replicated and distributed. */
  readonly cluster: string | undefined;
  /** Without the password: for logs and pages. */
  readonly shown: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function parseAddress(text: string): Address {
  // URL knows default ports and decodes users of well-known schemes only.
  const url = URL.canParse(text) ? new URL(text.replace(/^clickhouse:/, 'http:')) : undefined;
  const database = url?.pathname.slice(1) || 'pebble';
  const cluster = url?.searchParams.get('cluster') ?? undefined;
  if (!url?.hostname || !NAME.test(database) || (cluster !== undefined && !NAME.test(cluster))) {
    throw new PebbleError('usage', {
      doing: 'reading --store',
      what: 'it names no ClickHouse server',
      hint: 'write clickhouse://USER:PASSWORD@HOST:PORT/DATABASE, where names are of letters, digits and _',
    });
  }
  const isSecure = url.searchParams.get('tls') === 'yes';
  const port = url.port || (isSecure ? '8443' : '8123');
  const username = decodeURIComponent(url.username) || 'default';
  const onCluster = cluster === undefined ? '' : `?cluster=${cluster}`;
  return {
    url: `${isSecure ? 'https' : 'http'}://${url.hostname}:${port}`,
    username,
    password: decodeURIComponent(url.password),
    database,
    cluster,
    shown: `clickhouse://${username}@${url.hostname}:${port}/${database}${onCluster}`,
  };
}
