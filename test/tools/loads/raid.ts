/** A load on software RAID: a mirror of two RAM disks, made without mdadm (Documentation/admin-guide/md.rst). */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const NEW_ARRAY = '/sys/module/md_mod/parameters/new_array';
const NAME = 'md_pebble';
const ARRAY = `/sys/block/${NAME}/md`;
const DISKS = ['ram0', 'ram1'];

const isFree = (disk: string) =>
  existsSync(`/dev/${disk}`) &&
  readdirSync(`/sys/block/${disk}/holders`).length === 0 &&
  !readFileSync('/proc/mounts', 'utf8').includes(`/dev/${disk} `);

/** For `skip`. */
export function noRaid(): string | false {
  if (!existsSync(NEW_ARRAY)) return 'no software RAID in this kernel (modules md_mod, raid1)';
  return !DISKS.every(isFree) && 'no free RAM disks (module brd)';
}

const set = (attribute: string, value: string) => writeFileSync(`${ARRAY}/${attribute}`, value);

/** Has the array flushed as fsync of its device does. */
export function flushed(count: number): void {
  writeFileSync(NEW_ARRAY, NAME);
  set('metadata_version', 'none');
  set('level', 'raid1');
  set('raid_disks', String(DISKS.length));
  for (const [at, disk] of DISKS.entries()) {
    set('new_dev', readFileSync(`/sys/block/${disk}/dev`, 'utf8').trim());
    set(`dev-${disk}/slot`, String(at));
  }
  set('array_state', 'active');
  try {
    const fd = openSync(`/dev/${NAME}`, 'r+');
    for (let i = 0; i < count; i++) fsyncSync(fd);
    closeSync(fd);
  } finally {
    set('array_state', 'clear');
  }
}
