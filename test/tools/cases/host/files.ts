/** Tools of the topic "host: files": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { lacking } from '../../../../src/bpf/testing/needs.ts';
import { entries, type Seen, sum } from '../../harness.ts';
import { COUNTS } from '../../load.ts';
import { noMount } from '../../loads/mounted.ts';
import { type HostCase, rowWhere } from './case.ts';

function checkSlower({ rows }: Seen, file: string): void {
  const of = (op: string) => rowWhere(rowWhere(rows, 'op', op), 'file', file).length;
  const expected = { read: COUNTS.opens, write: COUNTS.syncs, sync: COUNTS.syncs };
  assert.deepEqual({ read: of('read'), write: of('write'), sync: of('sync') }, expected);
}

export const FILES: readonly HostCase[] = [
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
    tool: 'vfsstat',
    load: 'syncs',
    check: ({ rows }) => assert.equal(sum(rowWhere(rows, 'key', 'fsync'), 'operations'), COUNTS.syncs),
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
    tool: 'dcsnoop',
    load: 'stats',
    unable: () => lacking('kprobe'),
    check: ({ rows }) => {
      const absent = rows.filter(({ name }) => /^absent-\d+$/.test(String(name)));
      const said = `${rows.length} rows, of these ${absent.map(({ name, comm }) => `${name} ${comm}`).join(', ')}`;
      assert.equal(absent.length, COUNTS.stats, said);
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
