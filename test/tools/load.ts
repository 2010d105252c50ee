/**
 * Known loads, run as a process of their own: `load.ts NAME [stay]` waits for a line, does what NAME says, and ends, or says so and stays.
 * What only some need is imported by them: Node that compiles modules writes files, which others would count.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fchownSync,
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
  owners: 19,
  naps: 101,
  killed: 3,
  faults: 31,
  queued: 7,
  messages: 17,
  commands: 7,
} as const;

export const GO = 'go\n';
export const STAY = 'stay';
export const READY = '\nready\n';
export const DONE = '\ndone\n';

/** Nobody else sleeps just so long, becomes this user, or looks this name up. */
export const NAP_US = 53_100;
export const OTHER_UID = 64_997;
export const LOOKED_UP = '127.0.77.13';
/** (gid_t)-1: chown(2). */
const SAME_GROUP = 0xffff_ffff;
/** Of CPU time. */
const BURNT_MS = 400;

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

const onFileSystem = (kind: 'ext4' | 'xfs') =>
  inFolder(async (folder) =>
    (await import('./loads/mounted.ts')).onFileSystem(kind, folder, COUNTS.syncs, COUNTS.opens),
  );

/** Microseconds so far, of the main thread: all, on CPUs, and waiting for one (/proc/PID/schedstat). */
function spent(): number[] {
  const [cpuNs, delayNs] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number);
  return [performance.now() * 1000, cpuNs! / 1000, delayNs! / 1000].map(Math.round);
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
  programs: () => times(COUNTS.programs, () => void process.stdout.write(`${spawnSync('/bin/true').pid} `)),
  signals: () => times(COUNTS.signals, () => process.kill(process.pid, 0) && process.kill(process.pid, 'SIGURG')),
  writes: () =>
    inFile('written', (fd) => {
      times(COUNTS.writes, () => writeSync(fd, 'x'.repeat(1000), 0));
      const buffer = Buffer.alloc(1000);
      times(COUNTS.writes, () => readSync(fd, buffer, 0, 1000, 0));
    }),
  sleeps: () => times(COUNTS.programs, () => void spawnSync('/bin/sleep', [String(NAP_US / 1e6)])),
  pages: () =>
    inFile('pages', (fd) => {
      const page = Buffer.alloc(4096);
      times(COUNTS.pages, (i) => writeSync(fd, page, 0, page.length, i * page.length));
      times(COUNTS.pages, (i) => readSync(fd, page, 0, page.length, i * page.length));
    }),
  owners: () => inFile('owned', (fd) => times(COUNTS.owners, (i) => fchownSync(fd, 1000 + i, SAME_GROUP))),
  lookups: () => times(COUNTS.lookups, () => void spawnSync('getent', ['ahostsv4', LOOKED_UP])),
  users: () => times(COUNTS.users, () => void spawnSync('/bin/true', { uid: OTHER_UID })),
  naps: async () => {
    const begun = spent();
    (await import('./loads/cpu.ts')).naps(COUNTS.naps);
    const ended = spent();
    process.stdout.write([readFileSync('/proc/self/comm'), ...ended.map((us, i) => us - begun[i]!)].join('\n'));
  },
  burns: async () => (await import('./loads/cpu.ts')).burns(BURNT_MS),
  interrupts: async () => {
    const { softirqs, hardirqs } = await import('./loads/interrupts.ts');
    const before = { soft: softirqs(), hard: hardirqs() };
    await inFile('synced', (fd) => times(COUNTS.syncs, () => fsyncSync(fd)));
    process.stdout.write(`${softirqs() - before.soft} ${hardirqs() - before.hard}`);
  },
  refused: async () => {
    const { freePort } = await import('./loads/talk.ts');
    const port = await freePort();
    for (let i = 0; i < COUNTS.connections; i++)
      await new Promise((resolve) => connect(port, '127.0.0.1').once('error', resolve));
    process.stdout.write(String(port));
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
  faults: async () => {
    const begun = process.resourceUsage().majorPageFault;
    await inFolder(async (folder) =>
      (await import('./loads/memory.ts')).majorFaults(join(folder, 'file'), COUNTS.faults),
    );
    process.stdout.write(String(process.resourceUsage().majorPageFault - begun));
  },
  xfs: () => onFileSystem('xfs'),
  ext4: () => onFileSystem('ext4'),
  written: () =>
    inFolder(async (folder) =>
      (await import('./loads/mounted.ts')).writtenBack(folder, COUNTS.programs, COUNTS.blocks),
    ),
  queued: async () => (await import('./loads/network.ts')).queued(COUNTS.queued),
  unix: () =>
    inFolder(async (folder) => (await import('./loads/network.ts')).throughUnixSocket(folder, COUNTS.messages, 1000)),
  unanswered: async () => (await import('./loads/network.ts')).unanswered(COUNTS.connections),
  tls: () => inFolder(async (folder) => (await import('./loads/talk.ts')).overTls(folder, COUNTS.messages)),
  tlsWithin: () => inFolder(async (folder) => (await import('./loads/talk.ts')).tlsWithin(folder, COUNTS.messages)),
  raid: async () => (await import('./loads/raid.ts')).flushed(COUNTS.syncs),
  typed: async () => (await import('./loads/talk.ts')).typed(COUNTS.commands),
};

/** Those that make something ready before they are told to go. */
export const PREPARED: Readonly<Record<string, (told: () => Promise<void>) => Promise<void>>> = {
  blocks: (told) =>
    inFolder(async (folder) => (await import('./loads/disk.ts')).directWrites(folder, COUNTS.blocks, told)),
};

if (import.meta.main) {
  const [, , name, stays] = process.argv as [string, string, string, string?];
  const told = async (): Promise<void> => {
    if (stays || PREPARED[name]) process.stdout.write(READY);
    await once(process.stdin, 'data');
  };
  if (PREPARED[name]) await PREPARED[name](told);
  else {
    await told();
    await LOADS[name]!();
  }
  if (stays) {
    process.stdout.write(DONE);
    await once(process.stdin, 'end');
  }
  process.exit(0);
}
