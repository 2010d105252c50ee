/** Tools for the host: each provokes its event a known number of times and finds exactly that. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lacking } from '../../src/bpf/testing/needs.ts';
import { entries, observe, type Row, type Seen, sum } from './harness.ts';
import { COUNTS } from './load.ts';

const skip = await lacking('tp_btf');

interface Case {
  readonly tool: string;
  readonly load: string;
  readonly arguments?: readonly string[];
  readonly filter?: boolean;
  readonly check: (seen: Seen) => void;
}

const isLoads =
  ({ pid }: Seen) =>
  (row: Row) =>
    row.pid === pid;
const rowWhere = (rows: readonly Row[], field: string, value: unknown): Row[] =>
  rows.filter((row) => row[field] === value);

const CASES: readonly Case[] = [
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
      assert.ok(rowWhere(seen.rows, 'comm', 'true').length >= COUNTS.programs);
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
  {
    tool: 'pidpersec',
    load: 'programs',
    filter: false,
    check: ({ rows }) => assert.ok(sum(rows, 'created') >= COUNTS.programs),
  },
  { tool: 'runqlat', load: 'syncs', check: ({ rows }) => assert.ok(entries(rows, 'usecs') > 0) },
  { tool: 'cpudist', load: 'syncs', check: ({ rows }) => assert.ok(entries(rows, 'usecs') > 0) },
  {
    tool: 'stackcount',
    load: 'programs',
    arguments: ['sched:sched_process_fork'],
    check: ({ rows }) => assert.ok(sum(rows, 'value') >= COUNTS.programs),
  },
  {
    tool: 'biosnoop',
    load: 'blocks',
    filter: false,
    check: ({ rows }) => {
      const direct = rows.filter(({ comm, op, bytes }) => comm === 'dd' && op === 'write' && bytes === 4096);
      assert.equal(direct.length, COUNTS.blocks);
    },
  },
  {
    tool: 'biotop',
    load: 'blocks',
    filter: false,
    check: ({ rows }) => {
      const direct = rows.filter(({ comm, op }) => comm === 'dd' && op === 'write');
      assert.deepEqual([sum(direct, 'requests'), sum(direct, 'bytes')], [COUNTS.blocks, COUNTS.blocks * 4096]);
    },
  },
  {
    tool: 'bitesize',
    load: 'blocks',
    filter: false,
    check: ({ rows }) => assert.ok(entries(rowWhere(rows, 'key', 'dd'), 'bytes') >= COUNTS.blocks),
  },
  {
    tool: 'biolatency',
    load: 'blocks',
    filter: false,
    check: ({ rows }) => {
      const writes = rows.filter(({ key }) => (key as readonly string[])[1] === 'write');
      assert.ok(entries(writes, 'usecs') >= COUNTS.blocks);
    },
  },
  {
    tool: 'biostacks',
    load: 'blocks',
    filter: false,
    check: ({ rows }) => assert.ok(entries(rows, 'usecs') >= COUNTS.blocks),
  },
  {
    tool: 'cachestat',
    load: 'pages',
    filter: false,
    check: ({ rows }) => assert.ok(sum(rowWhere(rows, 'comm', 'dd'), 'asked') >= COUNTS.pages),
  },
  {
    tool: 'ext4slower',
    load: 'syncs',
    arguments: ['--min-us', '0'],
    check: ({ rows }) => assert.equal(rows.length, COUNTS.syncs),
  },
  {
    tool: 'naptime',
    load: 'sleeps',
    filter: false,
    check: ({ rows }) => {
      const naps = rows.filter(({ comm, us }) => comm === 'sleep' && us === 50_000);
      assert.equal(naps.length, COUNTS.programs);
    },
  },
  {
    tool: 'setuids',
    load: 'users',
    filter: false,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'to_uid', 65534).length, COUNTS.users),
  },
  {
    tool: 'gethostlatency',
    load: 'lookups',
    filter: false,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'host', 'localhost').length, COUNTS.lookups),
  },
  {
    tool: 'tcpdrop',
    load: 'refused',
    filter: false,
    check: ({ rows }) => assert.ok(sum(rows, 'drops') >= COUNTS.connections),
  },
  {
    tool: 'funccount',
    load: 'durable',
    arguments: ['libc', 'fsync'],
    filter: false,
    check: ({ rows }) => assert.ok(sum(rows, 'calls') >= COUNTS.programs),
  },
  {
    tool: 'funclatency',
    load: 'durable',
    arguments: ['libc', 'fsync'],
    filter: false,
    check: ({ rows }) => assert.ok(entries(rows, 'ns') >= COUNTS.programs),
  },
  {
    tool: 'argdist',
    load: 'durable',
    arguments: ['libc', 'fsync'],
    filter: false,
    check: ({ rows }) => assert.ok(entries(rows, 'arg0') >= COUNTS.programs),
  },
  {
    tool: 'capable',
    load: 'users',
    filter: false,
    check: ({ rows }) => assert.ok(sum(rows, 'checks') >= COUNTS.users),
  },
  {
    tool: 'runqslower',
    load: 'programs',
    arguments: ['--min-us', '0'],
    filter: false,
    check: ({ rows }) => assert.ok(rows.length > 0),
  },
  {
    tool: 'offcputime',
    load: 'sleeps',
    filter: false,
    check: ({ rows }) => assert.ok(sum(rows, 'us') >= COUNTS.programs * 49_000),
  },
  { tool: 'wakeuptime', load: 'sleeps', filter: false, check: ({ rows }) => assert.ok(sum(rows, 'us') > 0) },
  { tool: 'profile', load: 'pages', filter: false, check: ({ rows }) => assert.ok(sum(rows, 'samples') > 0) },
  { tool: 'cpuwalk', load: 'pages', filter: false, check: ({ rows }) => assert.ok(sum(rows, 'samples') > 0) },
  { tool: 'runqlen', load: 'pages', filter: false, check: ({ rows }) => assert.ok(entries(rows, 'waiting') > 0) },
  { tool: 'softirqs', load: 'syncs', filter: false, check: ({ rows }) => assert.ok(entries(rows, 'ns') > 0) },
  { tool: 'hardirqs', load: 'blocks', filter: false, check: ({ rows }) => assert.ok(entries(rows, 'ns') > 0) },
];

describe('tools for the host', { skip }, () => {
  for (const { tool, load, check, ...options } of CASES) {
    it(tool, async () => check(await observe(tool, load, options)));
  }
});
