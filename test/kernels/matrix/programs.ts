/** What programs are made of: functions, loops, data; the verifier's words; the kernel's statistics. */
import assert from 'node:assert/strict';
import { u64 } from '../../../src/base/record.ts';
import {
  aluImm,
  aluReg,
  call,
  callReference,
  exit,
  type Instruction,
  load,
  loadReference,
  store,
} from '../../../src/bpf/asm/index.ts';
import { countRuns, createMap, loadProgram, VerifierError } from '../../../src/bpf/index.ts';
import type { FunctionSpec, ProgramSpec } from '../../../src/bpf/spec/index.ts';
import type { Row } from './row.ts';

function program(insns: readonly Instruction[], ...others: readonly FunctionSpec[]): ProgramSpec {
  const functions = [{ name: 'main', parameters: 1, insns }, ...others];
  return { name: 'matrix', kind: 'raw_tracepoint', license: 'GPL', functions };
}

export const PROGRAMS: readonly Row[] = [
  { name: 'functions of a program', needs: ['own_functions'], run: ownFunctions },
  { name: 'bpf_loop over global data', needs: ['bpf_loop'], run: loopOverData },
  { name: 'run statistics', needs: ['run_statistics'], run: runStatistics },
  { name: 'the verifier names the line of the source', run: sourceLine },
];

async function ownFunctions(): Promise<void> {
  const double = { name: 'double', parameters: 1, insns: [aluReg('mov', 0, 1), aluReg('add', 0, 1), exit()] };
  const insns = [aluImm('mov', 1, 21), callReference({ kind: 'function', name: 'double' }), exit()];
  const loaded = await loadProgram(program(insns, double));
  assert.equal(loaded.testRun().returned, 42);
  loaded.close();
}

async function loopOverData(): Promise<void> {
  const map = createMap({ name: 'sum', type: 'array', value: u64, maxEntries: 1 });
  const add: FunctionSpec = {
    name: 'add',
    parameters: 2,
    insns: [
      loadReference(3, { kind: 'mapValue', map: 'sum', offset: 0 }),
      load('u64', 4, 3, 0),
      aluReg('add', 4, 1),
      store('u64', 3, 0, 4),
      aluImm('mov', 0, 0),
      exit(),
    ],
  };
  const insns = [
    aluImm('mov', 1, 100),
    loadReference(2, { kind: 'functionAddress', name: 'add' }),
    aluImm('mov', 3, 0),
    aluImm('mov', 4, 0),
    call('loop'),
    exit(),
  ];
  const loaded = await loadProgram(program(insns, add), new Map([['sum', map]]));
  assert.equal(loaded.testRun().returned, 100);
  assert.equal(map.get(0), 4950n);
  loaded.close();
  map.close();
}

async function runStatistics(): Promise<void> {
  const loaded = await loadProgram(program([aluImm('mov', 0, 0), exit()]));
  const stop = countRuns();
  loaded.testRun();
  stop();
  // Runs are counted for as long as anybody on the host asks for it.
  const other = await loadProgram(program([aluImm('mov', 0, 0), exit()]));
  other.testRun();
  loaded.testRun();
  assert.equal(loaded.stats().runs, 1n + other.stats().runs);
  loaded.close();
  other.close();
}

async function sourceLine(): Promise<void> {
  const source = { file: 'script.bt', line: 2, column: 3, text: '  $x = *arg0;' };
  const insns = [load('u64', 6, 1, 0), { ...load('u64', 0, 6, 8), source }, exit()];
  const refusal = await loadProgram(program(insns)).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof VerifierError, String(refusal));
  assert.deepEqual(refusal.source, source, refusal.log);
  assert.ok(refusal.meaning, `no cause in words for: ${refusal.telling}`);
}
