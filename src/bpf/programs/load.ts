/** From a ProgramSpec to a program in the kernel. */
import { type Arena, allocate, scratch } from '../../native/index.ts';
import { encode, INSN_SIZE } from '../asm/index.ts';
import { FUNC_INFO_SIZE, LINE_INFO_SIZE } from '../btf/info.ts';
import type { ProgramSpec } from '../spec/index.ts';
import {
  btfLoad,
  closeFd,
  E2BIG,
  EAGAIN,
  EINVAL,
  EMFILE,
  ENFILE,
  ENOSPC,
  EPERM,
  KernelError,
  must,
  type ProgLoadAttr,
  progLoad,
} from '../sys/index.ts';
import { type DebugInfo, debugInfo } from './debug-info.ts';
import { type HookType, hookType, typeFinder } from './hook.ts';
import { PROGRAM_KINDS, permissionHint } from './kinds.ts';
import { ModuleTypes } from './module-types.ts';
import { Program } from './program.ts';
import { type MapFds, resolver } from './resolve.ts';
import { streamOf } from './stream.ts';
import { VerifierError } from './verifier-error.ts';

const BPF_F_SLEEPABLE = 1 << 4;
const FIRST_LOG = 64 * 1024;
/** What Linux 5.10 takes at most is a little more. */
const LARGEST_LOG = 16 * 1024 * 1024 - 1;

/** `btf` is the descriptor of the BTF that the functions' types count in. */
export async function loadProgram(spec: ProgramSpec, maps: MapFds = new Map(), btf?: number): Promise<Program> {
  const find = await typeFinder(spec);
  const stream = streamOf(spec);
  using modules = new ModuleTypes(spec);
  const hook = await hookType(spec, find);
  try {
    const insns = encode(stream.insns, resolver(spec, stream, maps, find, modules));
    const parts = { insns, hook, modules, info: debugInfo(spec, stream, btf !== undefined) };
    return new Program(load(spec, parts, btf), spec);
  } finally {
    if (hook.owner !== undefined) closeFd(hook.owner);
  }
}

interface Parts {
  readonly insns: Buffer;
  readonly hook: HookType;
  readonly modules: ModuleTypes;
  readonly info: DebugInfo;
}

function load(spec: ProgramSpec, { insns, hook, modules, info }: Parts, collectionBtf = -1): number {
  const kind = PROGRAM_KINDS[spec.kind];
  // Kernels without BTF (or that refuse ours) load the program all the same; only their log quotes no lines.
  const own = info.btf === undefined ? undefined : btfLoad(info.btf);
  const btf = own ?? collectionBtf;
  const fdArray = modules.fdArray();
  try {
    return scratch((arena) => {
      const attr: ProgLoadAttr = {
        prog_type: kind.type,
        expected_attach_type: spec.attachType ?? kind.attach,
        insns: arena.bytes(insns),
        insn_cnt: insns.length / INSN_SIZE,
        license: arena.text(spec.license),
        prog_flags: (spec.flags ?? 0) | (spec.sleepable || kind.sleepable ? BPF_F_SLEEPABLE : 0),
        prog_name: (spec.kernelName ?? spec.name).replace(/[^\w.]/g, '_').slice(0, 15),
        attach_btf_id: hook.id,
        ...(hook.owner !== undefined && { attach_btf_obj_fd: hook.owner }),
        ...(fdArray && { fd_array: arena.bytes(fdArray) }),
        ...(btf >= 0 && { prog_btf_fd: btf, ...infoAttr(info, arena) }),
      };
      const result = progLoad(attr);
      return result >= 0 ? result : explain(spec, attr, -result);
    });
  } finally {
    if (own !== undefined && own >= 0) closeFd(own);
  }
}

function infoAttr(info: DebugInfo, arena: Arena): ProgLoadAttr {
  return {
    func_info_rec_size: FUNC_INFO_SIZE,
    func_info: arena.bytes(info.functions),
    func_info_cnt: info.functions.length / FUNC_INFO_SIZE,
    line_info_rec_size: LINE_INFO_SIZE,
    line_info: arena.bytes(info.lines),
    line_info_cnt: info.lines.length / LINE_INFO_SIZE,
  };
}

/** Loads again, now with a log: the log costs time, so a program that loads goes without. */
function explain(spec: ProgramSpec, attr: ProgLoadAttr, errno: number): number {
  const doing = `loading program "${spec.name}" (${spec.kind})`;
  if (errno === EPERM) throw new KernelError(errno, doing, permissionHint(spec.kind));
  // After the verifier has taken it.
  if (errno === EMFILE || errno === ENFILE) throw new KernelError(errno, doing, 'raise the limit: ulimit -n 1024');
  const { result, log } = loadWithLog(attr);
  if (result >= 0) return result;
  if (result === -EAGAIN) throw new KernelError(EAGAIN, doing, 'the kernel gave up in the middle of it: try again');
  if (log.trim() !== '') throw new VerifierError(spec, log, -result);
  return must(-errno, doing, refusalHint(errno));
}

function loadWithLog(attr: ProgLoadAttr): { result: number; log: string } {
  for (let size = FIRST_LOG; ; size = Math.min(size * 8, LARGEST_LOG)) {
    const block = allocate(size);
    const result = progLoad({ ...attr, log_level: 1, log_size: size, log_buf: block.address });
    if (result !== -ENOSPC || size === LARGEST_LOG) {
      const end = block.bytes.indexOf(0);
      return { result, log: block.bytes.toString('utf8', 0, end < 0 ? size : end) };
    }
  }
}

function refusalHint(errno: number): string | undefined {
  if (errno === E2BIG) return 'the program is too long for this kernel';
  if (errno === EINVAL)
    return 'this kernel may not know the kind of program or its hook; the verifier did not see it yet';
  return undefined;
}
