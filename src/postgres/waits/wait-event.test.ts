/** Wait-event names against numbers taken from the headers of each major. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitEventOf, waitInfoOf, waitName, waitTableOf } from './index.ts';

/** WAIT_EVENT_DATA_FILE_READ, _DATA_FILE_EXTEND, _WAL_SYNC, _WAL_WRITE as a C compiler prints them. */
const FROM_HEADERS = {
  13: [0x0a00000d, 0x0a000009, 0x0a000041, 0x0a000043],
  15: [0x0a000011, 0x0a00000d, 0x0a000046, 0x0a000048],
  17: [0x0a000011, 0x0a00000d, 0x0a00004a, 0x0a00004c],
  18: [0x0a000015, 0x0a000011, 0x0a00004e, 0x0a000050],
} as const;

test('the numbers of the headers have the names of the documentation', () => {
  for (const [major, numbers] of Object.entries(FROM_HEADERS)) {
    const wal = Number(major) < 17 ? 'WAL' : 'Wal';
    assert.deepEqual(
      numbers.map((info) => waitName(waitTableOf(Number(major)), info)),
      ['IO:DataFileRead', 'IO:DataFileExtend', `IO:${wal}Sync`, `IO:${wal}Write`],
    );
  }
});

test('not waiting is no event', () => {
  assert.equal(waitEventOf(waitTableOf(18), 0), undefined);
  assert.equal(waitName(waitTableOf(18), 0), 'CPU');
});

test('locks and LWLocks are named by their tag type and tranche', () => {
  assert.equal(waitName(waitTableOf(15), 0x03000005), 'Lock:transactionid');
  assert.equal(waitName(waitTableOf(18), 0x01000008), 'LWLock:WALWrite');
});

test('numbers that the table does not know keep their number', () => {
  assert.equal(waitName(waitTableOf(18), 0x0a000fff), 'IO:4095');
  assert.equal(waitName(waitTableOf(18), 0x0700002a), 'Extension:42');
  assert.equal(waitName(waitTableOf(18), 0x0b000001), 'InjectionPoint:1');
  assert.equal(waitName(waitTableOf(18), 0x1f000001), 'class 31:1');
  assert.equal(waitName(waitTableOf(18), 0x0100000a), 'LWLock:10');
});

test('a name leads back to its number', () => {
  assert.equal(waitInfoOf(waitTableOf(15), 'Timeout', 'PgSleep'), 0x09000002);
  assert.equal(waitInfoOf(waitTableOf(15), 'Timeout', 'Nothing'), undefined);
});

test('an unknown major is refused', () => {
  assert.throws(() => waitTableOf(12), /PostgreSQL 12: only those of 13, 14, 15, 16, 17, 18 are known/);
});
