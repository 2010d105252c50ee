/** For tests: a program of any kind that counts its runs, with the count read without a system call. */
import { array, u64 } from '../../base/record.ts';
import { aluImm, atomic, exit, type Instruction, loadReference, store } from '../asm/index.ts';
import { createMap, viewArray } from '../maps/index.ts';
import { loadProgram, type Program } from '../programs/index.ts';
import type { ProgramSpec } from '../spec/index.ts';

const SPEC = {
  name: 'counter',
  type: 'array',
  value: array(u64, 2),
  maxEntries: 1,
  flags: { mmapable: true },
} as const;
const ref = (offset: number) => ({ kind: 'mapValue', map: 'counter', offset }) as const;

/** `r0 = what` is kept in the second slot. */
export function counterInsns(what: readonly Instruction[] = []): Instruction[] {
  const keep = what.length === 0 ? [] : [...what, loadReference(1, ref(8)), store('u64', 1, 0, 0)];
  return [
    ...keep,
    loadReference(1, ref(0)),
    aluImm('mov', 2, 1),
    atomic('add', 'u64', 1, 0, 2),
    aluImm('mov', 0, 0),
    exit(),
  ];
}

export interface Counter {
  readonly program: Program;
  count(): bigint;
  /** What `what` gave at the last run. */
  kept(): bigint;
  [Symbol.dispose](): void;
}

export async function loadCounter(
  spec: Pick<ProgramSpec, 'kind'> & Partial<Pick<ProgramSpec, 'attachTo' | 'sleepable'>>,
  what?: readonly Instruction[],
): Promise<Counter> {
  const map = createMap(SPEC);
  const functions = [{ name: 'count', parameters: 1, insns: counterInsns(what) }];
  const program = await loadProgram({ name: 'count', license: 'GPL', functions, ...spec }, new Map([['counter', map]]));
  const memory = viewArray(map);
  return {
    program,
    count: () => memory.view.getBigUint64(0, true),
    kept: () => memory.view.getBigUint64(8, true),
    [Symbol.dispose]() {
      program.close();
      memory.close();
      map.close();
    },
  };
}
