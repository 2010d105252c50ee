/** Tools of the topic "host: block devices": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { entries, type Row, sum } from '../../harness.ts';
import { COUNTS } from '../../load.ts';
import { noLoopDevice } from '../../loads/disk.ts';
import { noMount } from '../../loads/mounted.ts';
import { noRaid } from '../../loads/raid.ts';
import { type HostCase, rowWhere } from './case.ts';

export const BLOCK_DEVICES: readonly HostCase[] = [
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
    tool: 'mdflush',
    load: 'raid',
    unable: noRaid,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'device', 'md_pebble').length, COUNTS.syncs, JSON.stringify(rows)),
  },
];
