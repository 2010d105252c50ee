/** Which programs, links and maps are in the kernel now, whoever brought them. */
import { closeFd, fdById, linkInfo, listIds, mapInfo, programInfo, programMaps } from '../sys/index.ts';

export type HeldKind = 'program' | 'link' | 'map';

export interface KernelObject {
  readonly kind: HeldKind;
  readonly id: number;
  /** Links have none. */
  readonly name: string;
  /** Ids of what it keeps in the kernel: a link its program, a program its maps. */
  readonly keeps: readonly number[];
}

const READERS: Readonly<Record<HeldKind, (fd: number) => Pick<KernelObject, 'name' | 'keeps'>>> = {
  program: (fd) => ({ name: programInfo(fd).name, keeps: programMaps(fd) }),
  link: (fd) => ({ name: '', keeps: [linkInfo(fd).prog_id] }),
  map: (fd) => ({ name: mapInfo(fd).name, keeps: [] }),
};

/** Needs CAP_SYS_ADMIN. */
export function listObjects(): KernelObject[] {
  return (['link', 'program', 'map'] as const).flatMap((kind) => listIds(kind).flatMap((id) => readObject(kind, id)));
}

/** Nothing when it has gone since. */
export function readObject(kind: HeldKind, id: number): KernelObject[] {
  const fd = fdById(kind, id);
  if (fd < 0) return [];
  try {
    return [{ kind, id, ...READERS[kind](fd) }];
  } finally {
    closeFd(fd);
  }
}

export function isInKernel(kind: HeldKind, id: number): boolean {
  const fd = fdById(kind, id);
  if (fd < 0) return false;
  closeFd(fd);
  return true;
}
