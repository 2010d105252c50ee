/** bpf(2) commands that work on any object: pins, ids, information. */
import { type Decoded, decoder, type RecordShape, record, text, u32, u64 } from '../../base/record.ts';
import { type Arena, type Block, scratch } from '../../native/index.ts';
import { type Attr, bpf, COMMAND, type Command, fill, run } from './command.ts';
import { ENOENT, must } from './errno.ts';
import { closeFd } from './fd.ts';

const OBJ = record('obj', { pathname: u64, bpf_fd: u32, file_flags: u32 });

/** Keeps an object beyond this process, under a path of a bpf file system; `doing` says of what. */
export function objPin(fd: number, path: string, doing: string): void {
  const result = scratch((arena) => run(COMMAND.OBJ_PIN, OBJ, { pathname: arena.text(path), bpf_fd: fd }));
  must(result, `${doing} at ${path}`, 'the directory must be on a bpf file system: mount -t bpf bpf /sys/fs/bpf');
}

export function objGet(path: string): number {
  return scratch((arena) => run(COMMAND.OBJ_GET, OBJ, { pathname: arena.text(path) }));
}

const BY_ID = record('get_id', { id: u32, next_id: u32, open_flags: u32 });
export type ObjectKind = 'map' | 'program' | 'btf' | 'link';
const FD_BY_ID: Record<ObjectKind, Command> = {
  map: COMMAND.MAP_GET_FD_BY_ID,
  program: COMMAND.PROG_GET_FD_BY_ID,
  btf: COMMAND.BTF_GET_FD_BY_ID,
  link: COMMAND.LINK_GET_FD_BY_ID,
};

export function fdById(kind: ObjectKind, id: number): number {
  return run(FD_BY_ID[kind], BY_ID, { id });
}

const NEXT_ID: Record<ObjectKind, Command> = {
  map: COMMAND.MAP_GET_NEXT_ID,
  program: COMMAND.PROG_GET_NEXT_ID,
  btf: COMMAND.BTF_GET_NEXT_ID,
  link: COMMAND.LINK_GET_NEXT_ID,
};

/** The ids of all that are in the kernel now. Needs CAP_SYS_ADMIN. */
export function listIds(kind: ObjectKind): number[] {
  return scratch((arena) => {
    const attr = arena.take(BY_ID.size);
    const ids: number[] = [];
    for (;;) {
      fill(BY_ID, attr, { id: ids.at(-1) ?? 0 });
      const result = bpf(NEXT_ID[kind], attr);
      if (result === -ENOENT) return ids;
      must(result, `listing each ${kind} in the kernel`, 'this needs CAP_SYS_ADMIN: run as root');
      ids.push(attr.view.getUint32(BY_ID.offsets.next_id, true));
    }
  });
}

const INFO_BY_FD = record('info_by_fd', { bpf_fd: u32, info_len: u32, info: u64 });

const MAP_INFO = record('bpf_map_info', {
  type: u32,
  id: u32,
  key_size: u32,
  value_size: u32,
  max_entries: u32,
  map_flags: u32,
  name: text(16),
  ifindex: u32,
  btf_vmlinux_value_type_id: u32,
  netns_dev: u64,
  netns_ino: u64,
  btf_id: u32,
  btf_key_type_id: u32,
  btf_value_type_id: u32,
  btf_vmlinux_id: u32,
  map_extra: u64,
});
export type MapInfo = Decoded<typeof MAP_INFO>;

const PROGRAM_INFO = record('bpf_prog_info', {
  type: u32,
  id: u32,
  tag: u64,
  jited_prog_len: u32,
  xlated_prog_len: u32,
  jited_prog_insns: u64,
  xlated_prog_insns: u64,
  load_time: u64,
  created_by_uid: u32,
  nr_map_ids: u32,
  map_ids: u64,
  name: text(16),
  ifindex: u32,
  gpl_compatible: u32,
  netns_dev: u64,
  netns_ino: u64,
  nr_jited_ksyms: u32,
  nr_jited_func_lens: u32,
  jited_ksyms: u64,
  jited_func_lens: u64,
  btf_id: u32,
  func_info_rec_size: u32,
  func_info: u64,
  nr_func_info: u32,
  nr_line_info: u32,
  line_info: u64,
  jited_line_info: u64,
  nr_jited_line_info: u32,
  line_info_rec_size: u32,
  jited_line_info_rec_size: u32,
  nr_prog_tags: u32,
  prog_tags: u64,
  run_time_ns: u64,
  run_cnt: u64,
  recursion_misses: u64,
  verified_insns: u32,
});
export type ProgramInfo = Decoded<typeof PROGRAM_INFO>;

const BTF_INFO = record('bpf_btf_info', {
  btf: u64,
  btf_size: u32,
  id: u32,
  name: u64,
  name_len: u32,
  kernel_btf: u32,
});
const NAME_SIZE = 64;

/** Descriptor of a module's BTF, which the kernel knows by its id only. */
export function moduleBtfFd(module: string, doing: string): number {
  for (const id of listIds('btf')) {
    const fd = fdById('btf', id);
    if (fd < 0) continue;
    if (btfName(fd) === module) return fd;
    closeFd(fd);
  }
  return must(-ENOENT, `${doing}: looking for the BTF of module ${module}`);
}

/** Undefined for what programs brought. */
function btfName(fd: number): string | undefined {
  return scratch((arena) => {
    const name = arena.take(NAME_SIZE);
    const found = info(BTF_INFO, 'BTF', fd, { name: name.address, name_len: NAME_SIZE });
    return found.kernel_btf === 0 ? undefined : name.bytes.toString('latin1', 0, name.bytes.indexOf(0));
  });
}

/** The head that all links share (struct bpf_link_info). */
const LINK_HEAD = { type: u32, id: u32, prog_id: u32 } as const;
const LINK_INFO = record('bpf_link_info', LINK_HEAD);
export type LinkInfo = Decoded<typeof LINK_INFO>;

function info<S extends RecordShape>(shape: S, what: string, fd: number, given: Attr<S> = {}): Decoded<S> {
  return asked(shape, what, fd, given, ({ view }) => decoder(shape)(view, 0));
}

/** `take` reads what the kernel has answered; its memory is another's afterwards. */
function asked<S extends RecordShape, T>(
  shape: S,
  what: string,
  fd: number,
  given: Attr<S>,
  take: (answer: Block) => T,
): T {
  return scratch((arena) => {
    const block = arena.take(shape.size);
    fill(shape, block, given);
    must(
      run(COMMAND.OBJ_GET_INFO_BY_FD, INFO_BY_FD, { bpf_fd: fd, info_len: shape.size, info: block.address }),
      `asking the kernel about a ${what}`,
    );
    return take(block);
  });
}

export function mapInfo(fd: number): MapInfo {
  return info(MAP_INFO, 'map', fd);
}

export function programInfo(fd: number): ProgramInfo {
  return info(PROGRAM_INFO, 'program', fd);
}

/** What the kernel counts of a program: runs and their time while statistics are on, and always what it left out. */
export interface RunStats {
  readonly runs: bigint;
  readonly timeNs: bigint;
  readonly missed: bigint;
}

/** Asked of all programs again and again: of all that the kernel says these three are looked at. */
export function programStats(fd: number): RunStats {
  return asked(PROGRAM_INFO, 'program', fd, {}, ({ view }) => {
    const count = (name: 'run_cnt' | 'run_time_ns' | 'recursion_misses'): bigint =>
      view.getBigUint64(PROGRAM_INFO.offsets[name], true);
    return { runs: count('run_cnt'), timeNs: count('run_time_ns'), missed: count('recursion_misses') };
  });
}

/** Ids of the maps that a program uses. */
export function programMaps(fd: number): number[] {
  const { nr_map_ids: count } = programInfo(fd);
  return scratch((arena) => {
    const ids = arena.take(Math.max(1, count) * 4);
    info(PROGRAM_INFO, 'program', fd, { nr_map_ids: count, map_ids: ids.address });
    return Array.from({ length: count }, (_, i) => ids.view.getUint32(i * 4, true));
  });
}

/**
 * What follows the head depends on the kind of link (struct bpf_link_info, Linux 6.7): of kprobe_multi flags and count before,
 * of a perf event its kind, and a function's name and place.
 */
const KPROBES_INFO = record('link_info_kprobes', { ...LINK_HEAD, addrs: u64, count: u32, flags: u32, missed: u64 });
const EVENT_INFO = record('link_info_event', {
  ...LINK_HEAD,
  // What follows has words of eight bytes.
  _head: u32,
  source: u32,
  _source: u32,
  func_name: u64,
  name_len: u32,
  offset: u32,
  addr: u64,
  missed: u64,
});
/** enum bpf_link_type, bpf_perf_event_type. */
const LINK_TYPE = { perf_event: 7, kprobe_multi: 8 };
const KPROBE_EVENTS: readonly number[] = [3, 4];

/** Calls of functions that its kprobes did not see, for want of room to keep their return, or within another. */
export function linkMisses(fd: number): number {
  const { type } = linkInfo(fd);
  if (type === LINK_TYPE.kprobe_multi) return Number(info(KPROBES_INFO, 'link', fd).missed);
  if (type !== LINK_TYPE.perf_event) return 0;
  const { source, missed } = info(EVENT_INFO, 'link', fd);
  return KPROBE_EVENTS.includes(source) ? Number(missed) : 0;
}

/** The id of a program's first function in the BTF that it brought, and that BTF as it is stored; undefined without. */
export function programEntry(fd: number): { readonly type: number; readonly btf: Buffer } | undefined {
  const { btf_id, nr_func_info } = programInfo(fd);
  if (btf_id === 0 || nr_func_info === 0) return undefined;
  return scratch((arena) => {
    // struct bpf_func_info: where it begins, and its type.
    const first = arena.take(8);
    info(PROGRAM_INFO, 'program', fd, { nr_func_info: 1, func_info_rec_size: 8, func_info: first.address });
    const btf = fdById('btf', btf_id);
    if (btf < 0) return undefined;
    try {
      return { type: first.view.getUint32(4, true), btf: btfBytes(btf, arena) };
    } finally {
      closeFd(btf);
    }
  });
}

function btfBytes(fd: number, arena: Arena): Buffer {
  const { btf_size } = info(BTF_INFO, 'BTF', fd);
  const block = arena.take(btf_size);
  info(BTF_INFO, 'BTF', fd, { btf: block.address, btf_size });
  return Buffer.from(block.bytes.subarray(0, btf_size));
}

export function linkInfo(fd: number): LinkInfo {
  return info(LINK_INFO, 'link', fd);
}
