import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMapping, parseMaps, readMaps } from './maps.ts';

const TEXT = `559dbaaca000-559dbaacc000 r--p 00000000 fe:00 260875                     /usr/bin/a b
559dbaacc000-559dbaad1000 r-xp 00002000 fe:00 260875                     /usr/bin/a b
7f936f000000-7f936f001000 rwxp 00000000 00:00 0
7f936f765000-7f936f767000 r-xp 00000000 00:00 0                          [vdso]
7f936f800000-7f936f801000 r-xp 00001000 08:01 77                         /opt/new\\012line (deleted)
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

test('every part of a line is read', () => {
  const mappings = parseMaps(TEXT);
  assert.deepEqual(mappings[1], {
    start: 0x559dbaacc000,
    end: 0x559dbaad1000,
    offset: 0x2000,
    executable: true,
    device: 'fe:00',
    inode: 260875,
    path: '/usr/bin/a b',
    deleted: false,
  });
  assert.deepEqual(
    mappings.map((mapping) => mapping.path),
    ['/usr/bin/a b', '/usr/bin/a b', '', '[vdso]', '/opt/new\nline', '[vsyscall]'],
  );
  assert.equal(mappings[4]?.deleted, true);
});

test('an address is in the mapping that contains it', () => {
  const mappings = parseMaps(TEXT);
  assert.equal(findMapping(mappings, 0x559dbaacc000), mappings[1]);
  assert.equal(findMapping(mappings, 0x559dbaad0fff), mappings[1]);
  assert.equal(findMapping(mappings, 0x559dbaad1000), undefined);
  assert.equal(findMapping(mappings, 0), undefined);
  assert.equal(findMapping([], 5), undefined);
});

test('a process that is gone is named', () => {
  assert.throws(() => readMaps(2 ** 30), { code: 'no-target', what: `there is no process ${2 ** 30}` });
});
