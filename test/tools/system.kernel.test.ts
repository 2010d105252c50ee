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
];

describe('tools for the host', { skip }, () => {
  for (const { tool, load, check, ...options } of CASES) {
    it(tool, async () => check(await observe(tool, load, options)));
  }
});
