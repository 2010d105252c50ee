/** Loads on the network: queues that nobody empties, peers that do not answer, UNIX sockets, TLS. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** A server that never accepts: it sleeps in the callback that tells its port. */
const DEAF = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 31 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** Connections that nobody accepts; prints the port. */
export async function queued(count: number): Promise<void> {
  const server = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const sockets = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    sockets.push(socket);
  }
  for (const socket of sockets) socket.destroy();
  server.kill();
  process.stdout.write(String(port));
}

/** Messages through a UNIX socket, from and to this process. */
export async function throughUnixSocket(folder: string, count: number, bytes: number): Promise<void> {
  const path = join(folder, 'socket');
  let received = 0;
  const server = createServer((socket) => socket.on('data', ({ length }) => (received += length))).listen(path);
  await once(server, 'listening');
  const socket = connect(path);
  for (let i = 0; i < count; i++) await new Promise((resolve) => socket.write(Buffer.alloc(bytes), resolve));
  socket.end();
  while (received < count * bytes) await new Promise((resolve) => setTimeout(resolve, 10));
  server.close();
}

/** In a network of its own, with a neighbour that takes frames and knows no such address; prints its counter of segments sent again. */
const UNANSWERED = `
  ip link add here type veth peer name there
  ip addr add 10.99.0.1/24 dev here
  ip link set here up
  ip link set there up
  ip neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev here
  echo 1 > /proc/sys/net/ipv4/tcp_syn_retries
  for i in $(seq $0); do (exec 3<>/dev/tcp/10.99.0.2/4242) 2>/dev/null & done
  wait
  awk '/^Tcp: [0-9]/ { print $13 }' /proc/net/snmp`;

export function unanswered(connections: number): void {
  spawnSync('unshare', ['-n', 'bash', '-c', UNANSWERED, String(connections)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** For `skip`. */
export function noNetworkOfItsOwn(): string | false {
  const { status } = spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there']);
  return status !== 0 && 'no network with a pair of devices can be made here';
}
