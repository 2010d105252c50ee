/** bpf(2) commands about programs and BTF. */
import { record, text, u32, u64 } from '../../base/record.ts';
import { scratch } from '../../native/index.ts';
import { type Attr, bpf, COMMAND, fill, run } from './command.ts';

const LOAD = record('prog_load', {
  prog_type: u32,
  insn_cnt: u32,
  insns: u64,
  license: u64,
  log_level: u32,
  log_size: u32,
  log_buf: u64,
  kern_version: u32,
  prog_flags: u32,
  prog_name: text(16),
  prog_ifindex: u32,
  expected_attach_type: u32,
  prog_btf_fd: u32,
  func_info_rec_size: u32,
  func_info: u64,
  func_info_cnt: u32,
  line_info_rec_size: u32,
  line_info: u64,
  line_info_cnt: u32,
  attach_btf_id: u32,
  attach_btf_obj_fd: u32,
  core_relo_cnt: u32,
  fd_array: u64,
});
export type ProgLoadAttr = Attr<typeof LOAD>;

export function progLoad(attr: ProgLoadAttr): number {
  return run(COMMAND.PROG_LOAD, LOAD, attr);
}

const BTF = record('btf_load', { btf: u64, btf_log_buf: u64, btf_size: u32, btf_log_size: u32, btf_log_level: u32 });

export function btfLoad(btf: Uint8Array, log?: { readonly address: number; readonly size: number }): number {
  return scratch((arena) =>
    run(COMMAND.BTF_LOAD, BTF, {
      btf: arena.bytes(btf),
      btf_size: btf.length,
      ...(log ? { btf_log_buf: log.address, btf_log_size: log.size, btf_log_level: 1 } : {}),
    }),
  );
}

const TEST_RUN = record('prog_test_run', {
  prog_fd: u32,
  retval: u32,
  data_size_in: u32,
  data_size_out: u32,
  data_in: u64,
  data_out: u64,
  repeat: u32,
  duration: u32,
  ctx_size_in: u32,
  ctx_size_out: u32,
  ctx_in: u64,
  ctx_out: u64,
  flags: u32,
  cpu: u32,
  batch_size: u32,
});

export interface TestRun {
  /** Packet, for programs that see packets. */
  readonly data?: Uint8Array;
  readonly context?: Uint8Array;
  readonly repeat?: number;
}
export interface TestRunAnswer {
  readonly result: number;
  readonly returned: number;
  /** Mean over `repeat` runs. */
  readonly durationNs: number;
}

/** Runs a program once (or `repeat` times) here and now. */
export function progTestRun(fd: number, input: TestRun = {}): TestRunAnswer {
  return scratch((arena) => {
    const attr = arena.take(TEST_RUN.size);
    fill(TEST_RUN, attr, {
      prog_fd: fd,
      repeat: input.repeat ?? 0,
      ...(input.data ? { data_in: arena.bytes(input.data), data_size_in: input.data.length } : {}),
      ...(input.context ? { ctx_in: arena.bytes(input.context), ctx_size_in: input.context.length } : {}),
    });
    const result = bpf(COMMAND.PROG_TEST_RUN, attr);
    const at = (field: 'retval' | 'duration') => attr.view.getUint32(TEST_RUN.offsets[field], true);
    return { result, returned: at('retval'), durationNs: at('duration') };
  });
}

const STATS = record('enable_stats', { type: u32 });

/** The kernel counts runs and time of every program while the descriptor is open (Linux 5.8). */
export function enableStats(): number {
  return run(COMMAND.ENABLE_STATS, STATS, { type: 0 });
}

const BIND = record('prog_bind_map', { prog_fd: u32, map_fd: u32, flags: u32 });

/** The program holds the map although no instruction names it. */
export function progBindMap(program: number, map: number): number {
  return run(COMMAND.PROG_BIND_MAP, BIND, { prog_fd: program, map_fd: map });
}
