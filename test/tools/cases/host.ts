/** Tools for the host: the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { lacking } from '../../../src/bpf/testing/needs.ts';
import { entries, type Row, type Seen, sum } from '../harness.ts';
import { COUNTS, LOOKED_UP, NAP_US, OTHER_UID } from '../load.ts';
import { noLoopDevice } from '../loads/disk.ts';
import { hardirqs, resets, softirqs } from '../loads/interrupts.ts';
import { noMemoryCgroup } from '../loads/memory.ts';
import { noMount } from '../loads/mounted.ts';
import { noNetworkOfItsOwn } from '../loads/network.ts';
import { noRaid } from '../loads/raid.ts';
import { missing } from '../loads/talk.ts';

export interface HostCase {
  readonly tool: string;
  readonly load: string;
  readonly arguments?: readonly string[];
  readonly filter?: boolean;
  readonly meter?: () => number;
  /** A probe: why the load cannot run here. */
  readonly unable?: () => string | false | Promise<string | false>;
  readonly check: (seen: Seen) => void;
}

const isLoads =
  ({ pid }: Seen) =>
  (row: Row) =>
    row.pid === pid;
const rowWhere = (rows: readonly Row[], field: string, value: unknown): Row[] =>
  rows.filter((row) => row[field] === value);

function assertBetween(count: number, least: number, most: number): void {
  assert.ok(count >= least && count <= most, `${count}, not ${least} to ${most}`);
}

/** Each nap is one switch, and nothing but the load's threads is seen. */
function checkSwitches({ said }: Seen, count: number): void {
  const [, , all] = said.split('\n');
  assertBetween(count, COUNTS.naps, Number(all) + 40);
}

/** Naps are of a millisecond at least; a thread sleeps no longer than it lives. */
function checkSlept({ rows, said }: Seen, commOf: (key: readonly string[]) => string | undefined): void {
  const [comm, , , elapsedUs] = said.split('\n');
  const main = rows.filter(({ key }) => commOf(key as readonly string[]) === comm);
  assertBetween(sum(main, 'us'), COUNTS.naps * 1000, Number(elapsedUs) + 200_000);
}

/** Of tools that sample. */
const HERTZ = 99;

/** A virtual CPU that its host takes away meets one timer instead of several when it comes back. */
function assertAbout(count: number, least: number, most: number): void {
  assertBetween(count, least * 0.4, most * 1.3 + 5);
}

function checkSamples({ said }: Seen, count: number): void {
  const [burnt, all] = said.split(' ').map((ms) => (Number(ms) * HERTZ) / 1000);
  assertAbout(count, burnt!, all!);
}

function checkSlower({ rows }: Seen, file: string): void {
  const of = (op: string) => rowWhere(rowWhere(rows, 'op', op), 'file', file).length;
  const expected = { read: COUNTS.opens, write: COUNTS.syncs, sync: COUNTS.syncs };
  assert.deepEqual({ read: of('read'), write: of('write'), sync: of('sync') }, expected);
}

export const HOST_CASES: readonly HostCase[] = [
  {
    tool: 'opensnoop',
    load: 'opens',
    check: ({ rows }) => {
      const opened = rows.filter(({ path, fd }) => /\/opened-\d+$/.test(String(path)) && Number(fd) >= 0);
      assert.equal(opened.length, COUNTS.opens);
    },
  },
  {
    tool: 'statsnoop',
    load: 'stats',
    check: ({ rows }) => {
      const absent = rows.filter(({ path, result }) => String(path).startsWith('/absent-') && result === -2);
      assert.equal(absent.length, COUNTS.stats);
    },
  },
  {
    tool: 'syncsnoop',
    load: 'syncs',
    check: ({ rows }) => assert.equal(rowWhere(rows, 'call', 'fsync').length, COUNTS.syncs),
  },
  {
    tool: 'fileslower',
    load: 'syncs',
    arguments: ['--min-us', '0'],
    check: ({ rows }) => assert.equal(rowWhere(rows, 'op', 'sync').length, COUNTS.syncs),
  },
  {
    tool: 'filetop',
    load: 'writes',
    check: ({ rows }) => {
      const [row] = rowWhere(rows, 'file', 'written');
      const { reads, read_bytes, writes, written_bytes } = row ?? {};
      const expected = { reads: COUNTS.writes, bytes: COUNTS.writes * 1000 };
      assert.deepEqual({ reads, bytes: read_bytes }, expected);
      assert.deepEqual({ reads: writes, bytes: written_bytes }, expected);
    },
  },
  {
    tool: 'syscount',
    load: 'syncs',
    check: ({ rows }) => assert.equal(sum(rowWhere(rows, 'syscall', 'fsync'), 'calls'), COUNTS.syncs),
  },
  {
    tool: 'vfsstat',
    load: 'syncs',
    check: ({ rows }) => assert.equal(sum(rowWhere(rows, 'key', 'fsync'), 'operations'), COUNTS.syncs),
  },
  {
    tool: 'execsnoop',
    load: 'programs',
    filter: false,
    check: ({ rows, pid }) =>
      assert.equal(rowWhere(rows, 'ppid', pid).filter(({ path }) => path === '/bin/true').length, COUNTS.programs),
  },
  {
    tool: 'threadsnoop',
    load: 'programs',
    check: ({ rows, pid }) => {
      const processes = rows.filter((row) => row.pid === row.tid && row.parent === pid);
      assert.equal(processes.length, COUNTS.programs);
    },
  },
  {
    tool: 'exitsnoop',
    load: 'programs',
    filter: false,
    check: (seen) => {
      const [own] = seen.rows.filter(isLoads(seen));
      assert.deepEqual([own?.status, own?.signal], [0, 0]);
      const pids = seen.said.split(' ').map(Number);
      const ended = rowWhere(seen.rows, 'comm', 'true').filter(({ pid }) => pids.includes(Number(pid)));
      assert.equal(ended.length, COUNTS.programs);
    },
  },
  {
    tool: 'killsnoop',
    load: 'signals',
    check: ({ rows }) => assert.equal(rowWhere(rows, 'signal', 23).length, COUNTS.signals),
  },
  {
    tool: 'tcpconnect',
    load: 'connections',
    check: ({ rows, said }) => assert.equal(rowWhere(rows, 'port', Number(said)).length, COUNTS.connections),
  },
  {
    tool: 'tcpconnlat',
    load: 'connections',
    check: ({ rows, said }) => assert.equal(rowWhere(rows, 'port', Number(said)).length, COUNTS.connections),
  },
  {
    tool: 'tcpaccept',
    load: 'connections',
    filter: false,
    check: ({ rows, said }) => assert.equal(rowWhere(rows, 'port', Number(said)).length, COUNTS.connections),
  },
  {
    tool: 'tcplife',
    load: 'connections',
    filter: false,
    check: ({ rows, said, pid }) => {
      const asked = rows.filter((row) => row.rport === Number(said) && row.pid === pid);
      assert.equal(asked.length, COUNTS.connections);
      for (const { received_bytes } of asked)
        assert.ok(Math.abs(Number(received_bytes) - 1000) <= 1, String(received_bytes));
    },
  },
  { tool: 'pidpersec', load: 'programs', check: ({ rows }) => assert.equal(sum(rows, 'created'), COUNTS.programs) },
  { tool: 'runqlat', load: 'naps', check: (seen) => checkSwitches(seen, entries(seen.rows, 'usecs')) },
  { tool: 'cpudist', load: 'naps', check: (seen) => checkSwitches(seen, entries(seen.rows, 'usecs')) },
  {
    tool: 'stackcount',
    load: 'programs',
    arguments: ['sched:sched_process_fork'],
    check: ({ rows }) => assert.equal(sum(rows, 'value'), COUNTS.programs),
  },
  {
    tool: 'biosnoop',
    load: 'blocks',
    unable: noLoopDevice,
    check: ({ rows, said }) => {
      const direct = rowWhere(rows, 'disk', said).filter(({ op, bytes }) => op === 'write' && bytes === 4096);
      assert.equal(direct.length, COUNTS.blocks);
    },
  },
  {
    tool: 'biotop',
    load: 'blocks',
    unable: noLoopDevice,
    check: ({ rows, said }) => {
      const direct = rowWhere(rows, 'disk', said).filter(({ op }) => op === 'write');
      assert.deepEqual([sum(direct, 'requests'), sum(direct, 'bytes')], [COUNTS.blocks, COUNTS.blocks * 4096]);
    },
  },
  {
    tool: 'bitesize',
    load: 'blocks',
    unable: noLoopDevice,
    check: ({ rows }) => {
      const sizes = rows.flatMap(({ bytes }) => bytes as Row[]);
      assert.equal(sum(rowWhere(sizes, 'min', 4096), 'count'), COUNTS.blocks, JSON.stringify(rows));
    },
  },
  {
    tool: 'biolatency',
    load: 'blocks',
    filter: false,
    unable: noLoopDevice,
    check: ({ rows, said }) => {
      const writes = rows.filter(({ key }) => String(key) === `${said},write`);
      assert.equal(entries(writes, 'usecs'), COUNTS.blocks);
    },
  },
  {
    tool: 'biostacks',
    load: 'blocks',
    unable: noLoopDevice,
    check: ({ rows }) => {
      const direct = rows.filter(({ key }) => /blkdev_direct_write|blkdev_write_iter/.test(String(key)));
      assert.equal(entries(direct, 'usecs'), COUNTS.blocks, JSON.stringify(rows.map(({ key }) => key)));
    },
  },
  {
    tool: 'cachestat',
    load: 'pages',
    check: ({ rows }) => assert.equal(sum(rows, 'asked'), COUNTS.pages, JSON.stringify(rows)),
  },
  {
    tool: 'ext4slower',
    load: 'ext4',
    arguments: ['--min-us', '0'],
    unable: () => noMount('ext4'),
    check: (seen) => checkSlower(seen, 'on-ext4'),
  },
  {
    tool: 'naptime',
    load: 'sleeps',
    filter: false,
    check: ({ rows }) => {
      const naps = rows.filter(({ comm, us }) => comm === 'sleep' && us === NAP_US);
      assert.equal(naps.length, COUNTS.programs);
    },
  },
  {
    tool: 'setuids',
    load: 'users',
    filter: false,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'to_uid', OTHER_UID).length, COUNTS.users),
  },
  {
    tool: 'gethostlatency',
    load: 'lookups',
    filter: false,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'host', LOOKED_UP).length, COUNTS.lookups),
  },
  {
    tool: 'tcpdrop',
    load: 'refused',
    filter: false,
    meter: resets,
    // A packet for a port that nobody listens on is dropped and answered with a reset; others on this host do so, too.
    check: ({ rows, metered }) => {
      const drops = sum(rowWhere(rows, 'place', 'tcp_v4_rcv'), 'drops');
      assert.ok(drops >= COUNTS.connections && drops <= metered, `${drops} of ${metered}: ${JSON.stringify(rows)}`);
    },
  },
  {
    tool: 'funccount',
    load: 'syncs',
    arguments: ['libc', 'fsync'],
    check: ({ rows }) => assert.equal(sum(rows, 'calls'), COUNTS.syncs),
  },
  {
    tool: 'funclatency',
    load: 'syncs',
    arguments: ['libc', 'fsync'],
    check: ({ rows }) => assert.equal(entries(rows, 'ns'), COUNTS.syncs),
  },
  {
    tool: 'argdist',
    load: 'syncs',
    arguments: ['libc', 'fsync'],
    check: ({ rows }) => assert.equal(entries(rows, 'arg0'), COUNTS.syncs),
  },
  {
    tool: 'trace',
    load: 'syncs',
    arguments: ['libc', 'fsync'],
    check: ({ rows }) => {
      assert.equal(rows.length, COUNTS.syncs);
      assert.deepEqual([...new Set(rows.map(({ arg0, result }) => Number(arg0) > 2 && result === 0))], [true]);
    },
  },
  {
    tool: 'capable',
    load: 'owners',
    // CAP_CHOWN of linux/capability.h: 0.
    check: ({ rows }) => assert.equal(sum(rowWhere(rows, 'capability', 0), 'checks'), COUNTS.owners),
  },
  {
    tool: 'runqslower',
    load: 'naps',
    arguments: ['--min-us', '0'],
    check: (seen) => {
      const [, own] = seen.said.split('\n');
      const main = rowWhere(seen.rows, 'tid', seen.pid).length;
      assertBetween(main, COUNTS.naps, Number(own) + 20);
    },
  },
  { tool: 'offcputime', load: 'naps', check: (seen) => checkSlept(seen, (key) => key[2]) },
  { tool: 'wakeuptime', load: 'naps', check: (seen) => checkSlept(seen, (key) => key[0]) },
  { tool: 'profile', load: 'burns', check: (seen) => checkSamples(seen, sum(seen.rows, 'samples')) },
  { tool: 'cpuwalk', load: 'burns', check: (seen) => checkSamples(seen, sum(seen.rows, 'samples')) },
  {
    tool: 'runqlen',
    load: 'burns',
    filter: false,
    check: ({ rows }) => {
      const expected = (HERTZ * availableParallelism() * Number(rows[0]!.window_us)) / 1e6;
      assertAbout(entries(rows, 'waiting'), expected, expected);
    },
  },
  {
    tool: 'softirqs',
    load: 'interrupts',
    filter: false,
    meter: softirqs,
    check: ({ rows, said, metered }) => assertBetween(entries(rows, 'ns'), Number(said.split(' ')[0]), metered),
  },
  {
    tool: 'hardirqs',
    load: 'interrupts',
    filter: false,
    meter: hardirqs,
    check: ({ rows, said, metered }) => assertBetween(entries(rows, 'ns'), Number(said.split(' ')[1]), metered),
  },
  {
    tool: 'oomkill',
    load: 'killed',
    filter: false,
    unable: noMemoryCgroup,
    check: ({ rows, said }) => {
      const pids = said.split(' ').map(Number);
      assert.equal(pids.length, COUNTS.killed);
      const killed = rows.filter((row) => pids.includes(Number(row.pid)));
      assert.deepEqual(
        killed.map(({ comm }) => comm),
        pids.map(() => 'dd'),
      );
    },
  },
  {
    tool: 'reclaim',
    load: 'reclaimed',
    filter: false,
    unable: noMemoryCgroup,
    check: ({ rows, said }) => {
      const stalls = entries(rowWhere(rows, 'key', 'cat'), 'usecs');
      // 80 MiB more than the limit had to go, some pages at a time, each time because the limit was met.
      assert.ok(stalls >= COUNTS.blocks && stalls <= Number(said), `${stalls} of ${said}`);
    },
  },
  {
    tool: 'swapin',
    load: 'faults',
    // getrusage of the load; the last page may still be cached.
    check: ({ rows, said }) => {
      assert.ok(Number(said) >= COUNTS.faults - 1, said);
      assert.equal(sum(rows, 'faults'), Number(said));
    },
  },
  {
    tool: 'writeback',
    load: 'written',
    filter: false,
    unable: () => noMount('ext4'),
    check: ({ rows, said }) => {
      const synced = rowWhere(rowWhere(rows, 'device', said), 'reason', 'sync');
      assert.equal(rowWhere(synced, 'pages', COUNTS.blocks).length, COUNTS.programs);
    },
  },
  {
    tool: 'xfsslower',
    load: 'xfs',
    arguments: ['--min-us', '0'],
    unable: () => noMount('xfs'),
    check: (seen) => checkSlower(seen, 'on-xfs'),
  },
  {
    tool: 'xfsdist',
    load: 'xfs',
    unable: () => noMount('xfs'),
    check: ({ rows }) => {
      const of = (key: string) => entries(rowWhere(rows, 'key', key), 'us');
      const expected = { read: COUNTS.opens, write: COUNTS.syncs, sync: COUNTS.syncs };
      assert.deepEqual({ read: of('read'), write: of('write'), sync: of('sync') }, expected);
    },
  },
  {
    tool: 'tcpsynbl',
    load: 'queued',
    filter: false,
    check: ({ rows, said }) => {
      const [row] = rowWhere(rows, 'port', Number(said));
      assert.deepEqual(row && { limit: row.limit, waiting: row.waiting }, {
        limit: 31,
        waiting: [
          { min: 1, max: 1, count: 1 },
          { min: 2, max: 3, count: 2 },
          { min: 4, max: 7, count: 4 },
        ],
      });
    },
  },
  {
    tool: 'undump',
    load: 'unix',
    check: ({ rows }) => {
      const received = sum(rows, 'received');
      const slack = received - COUNTS.messages * 1000;
      // Node's own sockets: the pipe that starts the load.
      assert.ok(slack >= 0 && slack < 100, String(received));
    },
  },
  {
    tool: 'tcpretrans',
    load: 'unanswered',
    filter: false,
    unable: noNetworkOfItsOwn,
    check: ({ rows, said }) => {
      const again = rowWhere(rows, 'remote', '10.99.0.2');
      assert.ok(again.length >= COUNTS.connections, String(again.length));
      assert.equal(again.length, Number(said), 'RetransSegs of its network');
      assert.deepEqual([...new Set(again.map(({ state, rport }) => `${state} ${rport}`))], ['SYN_SENT 4242']);
    },
  },
  {
    tool: 'sslsnoop',
    load: 'tls',
    filter: false,
    unable: () => missing('openssl'),
    check: ({ rows, said }) => {
      const [client, server] = said.split(' ').map(Number);
      const lines = rowWhere(rows, 'pid', client).filter(({ result }) => Number(result) > 0);
      assert.deepEqual(
        ['read', 'write'].map((call) => rowWhere(lines, 'call', call).length),
        [COUNTS.messages, COUNTS.messages],
      );
      // "line 0" to "line 16", each with its end.
      assert.equal(sum(rowWhere(lines, 'call', 'write'), 'result'), 10 * 7 + 7 * 8);
      assert.equal(rowWhere(rowWhere(rows, 'pid', server), 'call', 'handshake').length, 1);
    },
  },
  {
    tool: 'ssllatency',
    load: 'tls',
    filter: false,
    unable: () => missing('openssl'),
    check: ({ rows }) => {
      for (const call of ['read', 'write'])
        assert.ok(entries(rowWhere(rows, 'key', call), 'us') >= COUNTS.messages, call);
      assert.ok(entries(rowWhere(rows, 'key', 'handshake'), 'us') >= 1);
    },
  },
  {
    tool: 'bashreadline',
    load: 'typed',
    filter: false,
    unable: () => missing('bash', 'script'),
    check: ({ rows }) => {
      const typed = rows.filter(({ line }) => /^: typed \d+$/.test(String(line)));
      assert.equal(typed.length, COUNTS.commands);
    },
  },
  {
    tool: 'loads',
    load: 'averages',
    filter: false,
    check: ({ rows, said }) => {
      const averages = (text: string) => text.split(' ').slice(0, 3).join(' ');
      const read = said.split('\n').map(averages);
      assert.ok(
        rows.some(({ text }) => read.includes(averages(String(text)))),
        said,
      );
    },
  },
  {
    tool: 'mdflush',
    load: 'raid',
    unable: noRaid,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'device', 'md_pebble').length, COUNTS.syncs, JSON.stringify(rows)),
  },
  {
    tool: 'dcsnoop',
    load: 'stats',
    unable: () => lacking('kprobe'),
    check: ({ rows }) => {
      const absent = rows.filter(({ name }) => /^absent-\d+$/.test(String(name)));
      assert.equal(absent.length, COUNTS.stats);
    },
  },
  {
    tool: 'vfscount',
    load: 'syncs',
    unable: () => lacking('kprobe'),
    check: ({ rows }) =>
      assert.equal(sum(rowWhere(rows, 'function', 'vfs_fsync_range'), 'calls'), COUNTS.syncs, JSON.stringify(rows)),
  },
];
