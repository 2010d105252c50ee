/** One request of a prepared statement, as the hooks of an attribution program see it, in the eBPF machine of src/lang/vm. */
import { findField, kernelBtf, sizeOf } from '../../src/bpf/btf/index.ts';
import type { CollectionSpec } from '../../src/bpf/spec/index.ts';
import { Vm } from '../../src/lang/vm/index.ts';

const TASKS = { backend: 0x7000_0000n, client: 0x7100_0000n, other: 0x7200_0000n };
export type Task = keyof typeof TASKS;
const REGISTERS = 0x7300_0000n;
/** Of every task: its struct mm_struct. */
const MM = 0x7600_0000n;
/** Addresses of the server's memory. */
export const AT = {
  memory: 0x10000n,
  entryPointer: 0x10000n,
  waitEventPointer: 0x10008n,
  procPointer: 0x10010n,
  portPointer: 0x10018n,
  waitEvent: 0x10100n,
  /** As in Debian's builds. */
  walUsage: 0x10400n,
  bufferUsage: 0x10420n,
  entry: 0x11000n,
  proc: 0x12000n,
  port: 0x13000n,
  received: 0x14000n,
  sent: 0x15000n,
};
const MEMORY_BYTES = 0x10000;
const SOCKETS = { backend: 0x7400_0000n, client: 0x7500_0000n };
const CLIENT_READ = 0x06000000;
const [PID, FD] = [4242, 9];
/** Of PostgreSQL 15. */
export const [CLIENT_BACKEND, IDLE, RUNNING] = [3, 1, 2];

const message = (type: string, body: number): Buffer => {
  const whole = Buffer.alloc(5 + body);
  whole.write(type, 0, 'latin1');
  whole.writeInt32BE(4 + body, 1);
  return whole;
};
/** What libpq's PQexecPrepared sends and gets. */
const QUESTION = Buffer.concat([message('B', 22), message('D', 2), message('E', 5), message('S', 0)]);
const ANSWER = Buffer.concat([message('2', 0), message('T', 29), message('D', 11), message('C', 9), message('Z', 1)]);
/** ReadyForQuery says what the transaction is at: idle. */
ANSWER.write('I', ANSWER.length - 1);

export interface Step {
  readonly name: string;
  readonly hook: string;
  readonly instructions: number;
  readonly helpers: ReadonlyMap<string, number>;
  /** The program's own functions: each call costs what a helper's does, above all where returns are guarded against speculation. */
  readonly calls: ReadonlyMap<string, number>;
}

export class RequestInVm {
  readonly first: Vm;
  readonly #programs: { readonly hook: string; readonly vm: Vm }[] = [];
  readonly #server = new DataView(new ArrayBuffer(MEMORY_BYTES));
  #executed = 0n;

  constructor({ programs, maps }: CollectionSpec) {
    for (const { functions, attachTo } of programs) {
      const vm: Vm = new Vm(functions, maps, this.#programs[0] && { beside: this.#programs[0].vm });
      this.#programs.push({ hook: attachTo ?? '', vm });
    }
    this.first = this.#programs[0]!.vm;
    const { memory } = this.first;
    memory.map("server's memory", new Uint8Array(this.#server.buffer), AT.memory);
    const size = sizeOf(kernelBtf(), kernelBtf().find('task_struct', 'struct')!);
    memory.map('mm', new Uint8Array(4096), MM);
    for (const at of Object.values(TASKS)) {
      memory.map('task', new Uint8Array(size), at);
      memory.store(at + field('task_struct', 'mm'), 8, MM);
    }
    // Who has storage says so; the VM keeps it elsewhere.
    memory.store(TASKS.backend + field('task_struct', 'bpf_storage'), 8, REGISTERS);
    memory.map('registers', new Uint8Array(256), REGISTERS);
    memory.store(REGISTERS + field('pt_regs', 'di'), 8, BigInt(FD));
    for (const at of Object.values(SOCKETS)) memory.map('socket', new Uint8Array(4096), at);
    this.#placeServer();
  }

  /** A request from the wake-up by its first bytes to the sleep after its answer. */
  run(): Step[] {
    const { client, backend } = TASKS;
    const length = BigInt(QUESTION.length);
    const steps = [
      this.#step('client sends', 'client', 'sock_send_length', [SOCKETS.client, length, 0n]),
      this.#step('switch to backend', 'client', 'sched_switch', [0n, client, backend, 1n]),
      this.#step('receives request', 'backend', 'sock_recv_length', [SOCKETS.backend, length, 0n], AT.received),
    ];
    this.#execute();
    steps.push(
      this.#step('sends answer', 'backend', 'sock_send_length', [SOCKETS.backend, BigInt(ANSWER.length), 0n], AT.sent),
      this.#step('receives nothing', 'backend', 'sock_recv_length', [SOCKETS.backend, -11n, 0n], AT.received),
      this.#step('switch from backend', 'backend', 'sched_switch', [0n, backend, client, 1n]),
      this.#step('client receives', 'client', 'sock_recv_length', [SOCKETS.client, BigInt(ANSWER.length), 0n]),
    );
    return steps;
  }

  /** Between two processes that nobody watches. */
  foreignSwitch(): Step {
    return this.#step('foreign switch', 'client', 'sched_switch', [0n, TASKS.client, TASKS.other, 1n]);
  }

  #step(name: string, task: Task, hook: string, args: readonly bigint[], buffer = 0n): Step {
    const helpers = new Map<string, number>();
    const calls = new Map<string, number>();
    let instructions = 0;
    for (const { vm } of this.#programs.filter((program) => program.hook === hook)) {
      vm.environment.task = TASKS[task];
      vm.environment.registers = REGISTERS;
      vm.memory.store(REGISTERS + field('pt_regs', 'si'), 8, buffer);
      vm.memory.store(REGISTERS + field('pt_regs', 'dx'), 8, args[1]!);
      vm.memory.store(REGISTERS + field('pt_regs', 'orig_ax'), 8, hook === 'sched_switch' ? EPOLL_WAIT : RECVFROM);
      vm.environment.now = this.first.environment.now + 1000n;
      vm.run(new Uint8Array(BigUint64Array.from(args, (arg) => BigInt.asUintN(64, arg)).buffer));
      this.first.environment.now = vm.environment.now;
      instructions += vm.instructions;
      for (const [helper, count] of vm.helpers) helpers.set(helper, (helpers.get(helper) ?? 0) + count);
      for (const [fn, count] of vm.calls) calls.set(fn, (calls.get(fn) ?? 0) + count);
    }
    return { name, hook, instructions, helpers, calls };
  }

  #placeServer(): void {
    this.#u64(AT.entryPointer, AT.entry);
    this.#u64(AT.waitEventPointer, AT.waitEvent);
    this.#u64(AT.procPointer, AT.proc);
    this.#u64(AT.portPointer, AT.port);
    this.#u32(AT.waitEvent, CLIENT_READ);
    this.#u32(AT.port, FD);
    // PgBackendStatus (backend_status.h)
    this.#u32(AT.entry + 4n, PID);
    this.#u32(AT.entry + 8n, CLIENT_BACKEND);
    this.#u64(AT.entry + 32n, 1n);
    this.#u32(AT.entry + 48n, 5);
    this.#u32(AT.entry + 52n, 10);
    this.#u32(AT.entry + 232n, IDLE);
    this.#u64(AT.entry + 424n, 0x1234_5678n);
    const bytes = new Uint8Array(this.#server.buffer);
    bytes.set(QUESTION, Number(AT.received - AT.memory));
    bytes.set(ANSWER, Number(AT.sent - AT.memory));
  }

  #execute(): void {
    this.#executed++;
    this.#u64(AT.entry + 32n, 1n + this.#executed);
    this.#u64(AT.bufferUsage, 4n * this.#executed);
  }

  #u32(at: bigint, value: number): void {
    this.#server.setUint32(Number(at - AT.memory), value, true);
  }
  #u64(at: bigint, value: bigint): void {
    this.#server.setBigUint64(Number(at - AT.memory), value, true);
  }

  /** Storage of a task, as maps in the VM have it. */
  static storageKey(task: Task): Uint8Array {
    return new Uint8Array(new BigUint64Array([TASKS[task]]).buffer);
  }
}

/** System calls (arch/x86/entry/syscalls/syscall_64.tbl). */
const [EPOLL_WAIT, RECVFROM] = [232n, 45n];

const field = (struct: string, name: string): bigint =>
  BigInt(findField(kernelBtf(), kernelBtf().find(struct, 'struct')!, name)!.offsetBits / 8);
