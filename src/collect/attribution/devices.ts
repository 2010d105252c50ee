/** Names of block devices by the kernel's dev_t. */
import { readFileSync } from 'node:fs';

const known = new Map<number, string>();

/** "vda"; "253:7" for one that is gone. major:12 · minor:20 (include/linux/kdev_t.h). */
export function deviceName(device: number): string {
  let name = known.get(device);
  if (name === undefined) {
    name = read(`${device >>> 20}:${device & 0xfffff}`);
    known.set(device, name);
  }
  return name;
}

function read(numbers: string): string {
  try {
    return /^DEVNAME=(.*)$/m.exec(readFileSync(`/sys/dev/block/${numbers}/uevent`, 'utf8'))?.[1] ?? numbers;
  } catch {
    return numbers;
  }
}
