/** Programs with functions, references and lines; what is said when the verifier refuses them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { u64 } from '../../base/record.ts';
import {
  aluImm,
  aluReg,
  call,
  callReference,
  exit,
  type Instruction,
  jumpImm,
  load,
  loadReference,
  type SourceLine,
  store,
  storeImm,
} from '../asm/index.ts';
import { kernelBtf, moduleBtf, modulesWithBtf } from '../btf/index.ts';
import { createMap } from '../maps/index.ts';
import type { FunctionSpec, ProgramSpec } from '../spec/index.ts';
import { lacking } from '../testing/needs.ts';
import { countRuns, loadProgram, VerifierError } from './index.ts';

function program(insns: readonly Instruction[], more: Partial<ProgramSpec> = {}): ProgramSpec {
  const main: FunctionSpec = { name: 'main', parameters: 1, insns };
  return { name: 'test', kind: 'raw_tracepoint', license: 'GPL', functions: [main], ...more };
}
const line = (number: number, text: string): SourceLine => ({ file: 'script.bt', line: number, column: 3, text });
const from = (source: SourceLine, ...insns: Instruction[]) => insns.map((insn) => ({ ...insn, source }));

test('a program calls a function of its own', async () => {
  const double: FunctionSpec = {
    name: 'double',
    parameters: 1,
    insns: [aluReg('mov', 0, 1), aluReg('add', 0, 1), exit()],
  };
  const insns = [aluImm('mov', 1, 21), callReference({ kind: 'function', name: 'double' }), exit()];
  const functions = [{ name: 'main', parameters: 1, insns }, double];
  const loaded = await loadProgram(program([], { functions }));
  assert.equal(loaded.testRun().returned, 42);
  loaded.close();
});

/** /proc/kallsyms has the programs that the kernel has made machine code of, where that is not hidden. */
function withoutSymbols(): string | false {
  const setting = (name: string) => readFileSync(`/proc/sys/net/core/bpf_jit_${name}`, 'utf8').trim();
  const shown = setting('enable') !== '0' && setting('kallsyms') === '1' && setting('harden') === '0';
  return !shown && 'net.core.bpf_jit_enable, bpf_jit_kallsyms or bpf_jit_harden hide programs here';
}

test('symbols of the kernel call a program by the name of its entry', { skip: withoutSymbols() }, async () => {
  const entryName = `uprobe_${process.pid}_of_a_long_name`;
  const loaded = await loadProgram(
    program([aluImm('mov', 0, 0), exit()], { kernelName: 'pebble_p0_uprob', entryName }),
  );
  assert.match(readFileSync('/proc/kallsyms', 'latin1'), new RegExp(`bpf_prog_[0-9a-f]+_${entryName}\\b`));
  assert.equal(loaded.info().name, 'pebble_p0_uprob');
  loaded.close();
});

test('bpf_loop calls a function by its address, over a map value', { skip: await lacking('bpf_loop') }, async () => {
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
    aluImm('mov', 0, 0),
    exit(),
  ];
  const loaded = await loadProgram(
    program([], { functions: [{ name: 'main', parameters: 1, insns }, add] }),
    new Map([['sum', map]]),
  );
  loaded.testRun();
  assert.equal(map.get(0), 4950n);
  loaded.close();
  map.close();
});

test('a kernel function is found by BTF', async (t) => {
  if (kernelBtf().find('bpf_rcu_read_lock', 'func') === undefined) return t.skip('no such kfunc (Linux 6.2)');
  const insns = [
    callReference({ kind: 'kfunc', name: 'bpf_rcu_read_lock' }),
    callReference({ kind: 'kfunc', name: 'bpf_rcu_read_unlock' }),
    aluImm('mov', 0, 0),
    exit(),
  ];
  (await loadProgram(program(insns, { kind: 'tp_btf', attachTo: 'sched_switch' }))).close();
});

test('a kernel variable is found by BTF', async (t) => {
  const listed = new Set(readFileSync('/proc/kallsyms', 'latin1').match(/(?<= )[\w.]+$/gm));
  const btf = kernelBtf();
  const name = btf
    .ids('var')
    .map((id) => btf.nameOf(id))
    .find((variable) => listed.has(variable));
  if (name === undefined) return t.skip('the kernel lists no variables (CONFIG_KALLSYMS_ALL)');
  const insns = [loadReference(1, { kind: 'kernelSymbol', name }), aluImm('mov', 0, 0), exit()];
  (await loadProgram(program(insns))).close();
});

test('a hook in a module is found by the BTF of that module', async (t) => {
  const [module] = modulesWithBtf();
  if (module === undefined) return t.skip('no module with BTF is loaded');
  const btf = moduleBtf(module);
  const functions = [...btf.ids('func')].filter((id) => id >= btf.firstId).map((id) => btf.nameOf(id));
  const load = (name: string) => {
    return loadProgram(program([aluImm('mov', 0, 0), exit()], { kind: 'fentry', attachTo: name }));
  };
  // Some of them cannot be attached to: those of its start are gone.
  const outcomes = await Promise.allSettled(functions.slice(0, 30).map(load));
  const loaded = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  for (const each of loaded) each.close();
  assert.ok(loaded.length > 0, String((outcomes[0] as PromiseRejectedResult).reason));
});

test('the kernel counts and times runs', async () => {
  const loaded = await loadProgram(program([aluImm('mov', 0, 0), exit()]));
  const stop = countRuns();
  loaded.testRun();
  stop();
  assert.equal(loaded.stats().runs, 1n);
  // Runs are counted for as long as anybody on the host asks for it.
  const other = await loadProgram(program([aluImm('mov', 0, 0), exit()]));
  other.testRun();
  loaded.testRun();
  assert.equal(loaded.stats().runs, 1n + other.stats().runs);
  loaded.close();
  other.close();
});

async function refused(spec: ProgramSpec): Promise<VerifierError> {
  const error = await loadProgram(spec).then(
    () => assert.fail('it was loaded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof VerifierError, String(error));
  return error;
}

test('a refusal quotes the line of the script and says what to do', async () => {
  const first = line(1, 'BEGIN {');
  const second = line(2, '  $x = *arg0;');
  const error = await refused(
    program([...from(first, load('u64', 6, 1, 0)), ...from(second, load('u64', 0, 6, 8)), ...from(first, exit())]),
  );
  assert.equal(error.code, 'verifier');
  assert.deepEqual(error.source, second);
  assert.equal(
    // Before Linux 5.18 a number was called "inv".
    error.message.replace("'inv'", "'scalar'"),
    'loading program "test" (raw_tracepoint): the kernel\'s verifier refused it at script.bt:2: $x = *arg0;: ' +
      'memory is read through a number that the verifier does not know to be a pointer ' +
      "(R6 invalid mem access 'scalar')",
  );
  assert.match(error.hint!, /probe_read_user/);
  // From Linux 6.8 on the log names file and line, too.
  assert.match(error.log, /; \$x = \*arg0;/);
});

const badPrograms: readonly (readonly [string, Instruction[], RegExp])[] = [
  ['no result', [exit()], /ends without a result/],
  ['an unwritten register', [aluReg('mov', 0, 7), exit()], /read before anything was written/],
  ['too much stack', [storeImm('u64', 10, -520, 1), aluImm('mov', 0, 0), exit()], /512 bytes of stack/],
  ['no end', [aluImm('mov', 0, 0), jumpImm('eq', 0, 0, -2)], /leaves the program|loop/],
  ['an unknown helper', [{ ...call('ktime_get_ns'), imm: 9999 }, exit()], /helper does not exist/],
  ['a context too short', [load('u64', 0, 1, 4096), exit()], /context has no such field/],
];
for (const [what, insns, cause] of badPrograms) {
  test(`${what} is refused in words`, async () => {
    const error = await refused(program(insns));
    assert.match(error.meaning ?? `(unknown) ${error.telling}`, cause, error.log);
  });
}

test('a helper under the GPL is not for others', async () => {
  const probeRead = [aluReg('mov', 1, 10), aluImm('add', 1, -8), aluImm('mov', 2, 8), aluImm('mov', 3, 0)];
  const insns = [...probeRead, call('probe_read_kernel'), aluImm('mov', 0, 0), exit()];
  const error = await refused(program(insns, { license: 'Proprietary' }));
  assert.match(error.meaning!, /only for programs under the GPL/);
});

test('a program too long to be understood is refused in words, with a log that fits', async () => {
  const insns: Instruction[] = [call('get_prandom_u32'), aluReg('mov', 6, 0)];
  for (let i = 0; i < 3000; i++) insns.push(jumpImm('gt', 6, i * 3, 1), aluImm('add', 7, 0));
  const error = await refused(program([aluImm('mov', 7, 0), ...insns, load('u64', 0, 6, 0), exit()]));
  assert.ok(error.telling !== '');
  assert.ok(error.log.length > 64 * 1024);
});

test('signals do not keep a program out that takes the verifier longer than they are apart', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-signals-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const script = `
    const { aluImm, exit, jumpImm } = await import(${JSON.stringify(import.meta.resolve('../asm/index.ts'))});
    const { loadProgram } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
    const loop = [aluImm('mov', 6, 200_000), aluImm('add', 6, -1), jumpImm('ne', 6, 0, -2)];
    const insns = [...loop, aluImm('mov', 0, 7), exit()];
    const functions = [{ name: 'main', parameters: 1, insns }];
    const program = await loadProgram({ name: 'long', kind: 'raw_tracepoint', license: 'GPL', functions });
    process.stdout.write(String(program.testRun().returned));
  `;
  // The profiler sends its thread a signal each millisecond.
  const profiler = ['--cpu-prof', '--cpu-prof-interval=1000', `--cpu-prof-dir=${directory}`];
  const flags = [...profiler, '--input-type=module', '--disable-warning=ExperimentalWarning'];
  assert.equal(execFileSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' }), '7');
});

test('a refusal of a helper names it', { skip: await lacking('tp_btf') }, async () => {
  const insns = [aluImm('mov', 1, 0), aluImm('mov', 2, 0), aluImm('mov', 3, 0), call('d_path'), exit()];
  const refused = loadProgram(program(insns, { kind: 'tp_btf', attachTo: 'sched_switch' }));
  await assert.rejects(refused, (error) => error instanceof VerifierError && error.helper === 'bpf_d_path');
});
