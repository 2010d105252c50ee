/** What a process has had read from devices and written to them, whoever wrote it later. */
import { readText } from '../../postgres/discover/index.ts';

/** Bytes since it began (proc(5), io): of what it changed and took back nothing was written. 0 where that may not be read. */
export function diskBytes(pid: number): number {
  const text = readText(`/proc/${pid}/io`) ?? '';
  const bytes = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return bytes('read_bytes') + Math.max(0, bytes('write_bytes') - bytes('cancelled_write_bytes'));
}
