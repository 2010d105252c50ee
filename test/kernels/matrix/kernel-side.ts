/** Programs that touch a map from the kernel's side, run here and now. */
import {
  aluImm,
  aluReg,
  call,
  exit,
  type Instruction,
  jumpImm,
  load,
  loadReference,
  store,
  storeImm,
} from '../../../src/bpf/asm/index.ts';
import { loadProgram, type MapHandle } from '../../../src/bpf/index.ts';

/** Offsets from the frame pointer. */
const KEY = -16;
const VALUE = -8;
export const WRITTEN = 42;

const address = (register: 2 | 3, offset: number): Instruction[] => [
  aluReg('mov', register, 10),
  aluImm('add', register, offset),
];
const theMap = loadReference(1, { kind: 'map', map: 'map' });

/** A key of two 32-bit words; most maps here have one. */
export const putKey = (first: number, second = 0): Instruction[] => [
  storeImm('u32', 10, KEY, first),
  storeImm('u32', 10, KEY + 4, second),
];
const putValue = storeImm('u64', 10, VALUE, WRITTEN);
const anyFlags = aluImm('mov', 4, 0);

/** map[key] = 42. */
export const update = (key: number): Instruction[] => [
  ...putKey(key),
  putValue,
  theMap,
  ...address(2, KEY),
  ...address(3, VALUE),
  anyFlags,
  call('map_update_elem'),
  exit(),
];

/** Pushes 42: queues, stacks, bloom filters. */
export const push: readonly Instruction[] = [
  putValue,
  theMap,
  ...address(2, VALUE),
  aluImm('mov', 3, 0),
  call('map_push_elem'),
  exit(),
];

/** r0 = address of the value, or the program ends with 0. */
export const lookup = (...key: readonly [number, number?]): Instruction[] => [
  ...putKey(...key),
  theMap,
  ...address(2, KEY),
  call('map_lookup_elem'),
  jumpImm('ne', 0, 0, 1),
  exit(),
];

/** With r0 the address of a map of maps' entry: r0 = the value there. */
export const lookupInside = (key: number): Instruction[] => [
  ...putKey(key),
  aluReg('mov', 1, 0),
  ...address(2, KEY),
  call('map_lookup_elem'),
  jumpImm('ne', 0, 0, 1),
  exit(),
];
export const returnValue: readonly Instruction[] = [load('u32', 0, 0, 0), exit()];

/** The program ends in the one of slot 0. */
export const tailCall: readonly Instruction[] = [
  loadReference(2, { kind: 'map', map: 'map' }),
  aluImm('mov', 3, 0),
  call('tail_call'),
  aluImm('mov', 0, 0),
  exit(),
];

/** A map of stacks gets one more; flags as of bpf_get_stackid. */
export const keepStack = (flags: number): Instruction[] => [
  loadReference(2, { kind: 'map', map: 'map' }),
  aluImm('mov', 3, flags),
  call('get_stackid'),
  exit(),
];

/** For tp_btf: the value of this task, made where there is none, becomes 42. */
export const updateTask: readonly Instruction[] = [
  call('get_current_task_btf'),
  theMap,
  aluReg('mov', 2, 0),
  aluImm('mov', 3, 0),
  aluImm('mov', 4, 1), // BPF_LOCAL_STORAGE_GET_F_CREATE
  call('task_storage_get'),
  jumpImm('eq', 0, 0, 2),
  aluImm('mov', 1, WRITTEN),
  store('u64', 0, 0, 1),
  aluImm('mov', 0, 0),
];

/** What the program returned. */
export async function runOn(map: MapHandle, insns: readonly Instruction[]): Promise<number> {
  const functions = [{ name: 'touch', parameters: 1, insns }];
  const spec = { name: 'touch', kind: 'raw_tracepoint', license: 'GPL', functions } as const;
  const program = await loadProgram(spec, new Map([['map', map]]));
  try {
    return program.testRun().returned;
  } finally {
    program.close();
  }
}
