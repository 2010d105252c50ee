/** A server that speaks TLS, and a way to it for clients that do not: each connection goes on in a TLS session of its own. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Cluster } from '../../src/cluster/index.ts';
import { unprivilegedUser } from '../../src/cluster/user.ts';
import type { WorkloadTarget } from '../../src/workload/index.ts';

/** src/include/libpq/pqcomm.h: NEGOTIATE_SSL_CODE, behind the length. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export interface TlsWay extends Disposable {
  readonly target: WorkloadTarget;
}

/** Restarts the cluster with a certificate of its own. */
export async function enableTls(cluster: Cluster): Promise<void> {
  const [key, certificate] = [join(cluster.pgdata, 'server.key'), join(cluster.pgdata, 'server.crt')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const options = [
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    key,
    '-out',
    certificate,
  ];
  execFileSync('openssl', ['req', ...options], { stdio: 'ignore' });
  const { uid, gid } = unprivilegedUser();
  for (const file of [key, certificate]) chownSync(file, uid, gid);
  execFileSync('chmod', ['600', key]);
  await cluster.restart({ settings: { ssl: 'on' } });
}

export async function openTlsWay(cluster: Cluster): Promise<TlsWay> {
  const ca = readFileSync(join(cluster.pgdata, 'server.crt'));
  const server = createServer({ noDelay: true }, (client) => {
    const raw = connect({ host: '127.0.0.1', port: cluster.port, noDelay: true });
    const end = (): void => {
      client.destroy();
      raw.destroy();
    };
    client.on('error', end);
    raw.on('error', end);
    raw.write(SSL_REQUEST);
    raw.once('data', (answer: Buffer) => {
      if (answer.toString('latin1') !== 'S') return end();
      const secure = connectTls({ socket: raw, ca, servername: 'localhost' });
      secure.on('error', end);
      client.pipe(secure).pipe(client);
    });
  });
  const socketDir = mkdtempSync('/tmp/pebble-tls-');
  await new Promise<void>((resolve) => server.listen(`${socketDir}/.s.PGSQL.5432`, resolve));
  return {
    target: { socketDir, port: 5432, user: cluster.user },
    [Symbol.dispose]: () => {
      server.close();
      rmSync(socketDir, { recursive: true });
    },
  };
}
