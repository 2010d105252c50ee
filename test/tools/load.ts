/**
 * Known loads, run as a process of their own: `load.ts NAME` waits for a line, does what NAME says, and ends.
 * What only some need is imported by them: Node that compiles modules writes files, which others would count.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the tests expect: primes, so that nothing else counts the same by chance. */
export const COUNTS = {
  opens: 37,
  stats: 41,
  syncs: 13,
  programs: 7,
  signals: 11,
  writes: 53,
  connections: 5,
  blocks: 31,
  pages: 1009,
  lookups: 3,
  users: 7,
  killed: 3,
  faults: 31,
  queued: 7,
  messages: 17,
  commands: 7,
} as const;

const times = (count: number, action: (i: number) => void): void => {
  for (let i = 0; i < count; i++) action(i);
};

const inFolder = async (action: (folder: string) => void | Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-tools-'));
  try {
    await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const inFile = (name: string, action: (fd: number) => void): Promise<void> =>
  inFolder((folder) => {
    const fd = openSync(join(folder, name), 'w+');
    action(fd);
    closeSync(fd);
  });

const dd = (...args: string[]): void => void spawnSync('dd', args);

async function connections(): Promise<void> {
  const server = createServer((socket) => void socket.end('x'.repeat(1000))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  for (let i = 0; i < COUNTS.connections; i++) {
    const socket = connect(port, '127.0.0.1').resume();
    socket.write('y'.repeat(500));
    await once(socket, 'close');
  }
  server.close();
  process.stdout.write(`${port}\n`);
}

const LOADS: Readonly<Record<string, () => void | Promise<void>>> = {
  opens: () => inFolder((folder) => times(COUNTS.opens, (i) => closeSync(openSync(join(folder, `opened-${i}`), 'w')))),
  stats: () => times(COUNTS.stats, (i) => existsSync(`/absent-${i}`)),
  syncs: () =>
    inFile('synced', (fd) =>
      times(COUNTS.syncs, () => {
        writeSync(fd, 'x');
        fsyncSync(fd);
      }),
    ),
  programs: () => times(COUNTS.programs, () => void spawnSync('/bin/true')),
  signals: () => times(COUNTS.signals, () => process.kill(process.pid, 0) && process.kill(process.pid, 'SIGURG')),
  writes: () =>
    inFile('written', (fd) => {
      times(COUNTS.writes, () => writeSync(fd, 'x'.repeat(1000), 0));
      const buffer = Buffer.alloc(1000);
      times(COUNTS.writes, () => readSync(fd, buffer, 0, 1000, 0));
    }),
  sleeps: () => times(COUNTS.programs, () => void spawnSync('/bin/sleep', ['0.05'])),
  blocks: () =>
    inFolder((folder) =>
      dd('if=/dev/zero', `of=${folder}/blocks`, 'bs=4096', `count=${COUNTS.blocks}`, 'oflag=direct'),
    ),
  pages: () =>
    inFolder((folder) => {
      dd('if=/dev/zero', `of=${folder}/pages`, 'bs=4096', `count=${COUNTS.pages}`);
      dd(`if=${folder}/pages`, 'of=/dev/null', 'bs=4096', `count=${COUNTS.pages}`);
    }),
  durable: () =>
    inFolder((folder) =>
      times(COUNTS.programs, () => dd('if=/dev/zero', `of=${folder}/durable`, 'bs=1', 'count=1', 'conv=fsync')),
    ),
  lookups: () => times(COUNTS.lookups, () => void spawnSync('getent', ['ahostsv4', 'localhost'])),
  users: () => times(COUNTS.users, () => void spawnSync('/bin/true', { uid: 65534 })),
  refused: async () => {
    for (let i = 0; i < COUNTS.connections; i++) {
      await new Promise((resolve) => connect(1, '127.0.0.1').once('error', resolve));
    }
  },
  connections,
  averages: async () => {
    for (let i = 0; i < 20; i++) {
      process.stdout.write(readFileSync('/proc/loadavg'));
      await sleep(100);
    }
  },
  killed: async () => (await import('./loads/memory.ts')).killed(COUNTS.killed),
  reclaimed: () => inFolder(async (folder) => (await import('./loads/memory.ts')).reclaimed(join(folder, 'file'))),
  faults: () =>
    inFolder(async (folder) => (await import('./loads/memory.ts')).majorFaults(join(folder, 'file'), COUNTS.faults)),
  xfs: () => inFolder(async (folder) => (await import('./loads/mounted.ts')).onXfs(folder, COUNTS.syncs, COUNTS.opens)),
  written: () =>
    inFolder(async (folder) =>
      (await import('./loads/mounted.ts')).writtenBack(folder, COUNTS.programs, COUNTS.blocks),
    ),
  queued: async () => (await import('./loads/network.ts')).queued(COUNTS.queued),
  unix: () =>
    inFolder(async (folder) => (await import('./loads/network.ts')).throughUnixSocket(folder, COUNTS.messages, 1000)),
  unanswered: async () => (await import('./loads/network.ts')).unanswered(COUNTS.connections),
  tls: () => inFolder(async (folder) => (await import('./loads/talk.ts')).overTls(folder, COUNTS.messages)),
  raid: async () => (await import('./loads/raid.ts')).flushed(COUNTS.syncs),
  typed: async () => (await import('./loads/talk.ts')).typed(COUNTS.commands),
};

if (import.meta.main) {
  await once(process.stdin, 'data');
  await LOADS[process.argv[2]!]!();
  process.exit(0);
}
