/** Functions of the kernel: per-CPU variables, cgroups, signals, sockets, the trace pipe. */
import { imm } from '../ir/index.ts';
import { pointerOf, storeText, toMemory, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { NO_VALUE, scalar } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { integral } from '../types/operators.ts';
import { typeName, UINT64, VOID } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { signalNumber } from './signals.ts';
import { knownText, textArgument } from './text-argument.ts';

function wantInteger(call: Call, index: number, t: Typing): void {
  const argument = call.arguments[index];
  const type = argument && t.typeOf(argument);
  if (type && !integral(type)) t.error(call, `${call.name}() only supports int arguments (${typeName(type)} provided)`);
}

const percpuKaddr: FunctionRow = {
  name: 'percpu_kaddr',
  signature: 'uint64 *percpu_kaddr(const string name, [int cpu])',
  doc: "Address of a per-CPU variable of the kernel: this CPU's, or the given one's (null when there is no such CPU).",
  arguments: [1, 2],
  type(call, t) {
    const name = textArgument(call, 0, t);
    if (name === undefined) return undefined;
    const { btf } = t.space;
    if (btf && btf.btf.find(name, 'var') === undefined) {
      return t.error(call, `Could not resolve variable "${name}" from BTF`);
    }
    if (call.arguments[1]) wantInteger(call, 1, t);
    return { ...UINT64, space: 'kernel' };
  },
  lower(call, l) {
    const [name, cpu] = call.arguments;
    const symbol = l.b.kernelSymbol(knownText(name, l) ?? '');
    const pointer = cpu
      ? l.b.helper('per_cpu_ptr', [symbol, toScalar(l.value(cpu), l).operand])
      : l.b.helper('this_cpu_ptr', [symbol]);
    return scalar(l.typeOf(call), pointer);
  },
};

const cgroupid: FunctionRow = {
  name: 'cgroupid',
  signature: 'uint64 cgroupid(const string path)',
  doc: 'Id of the cgroup (version 2) at the path, looked up when compiling.',
  arguments: [1, 1],
  type(call, t) {
    const path = textArgument(call, 0, t);
    if (path !== undefined && t.script.host.cgroupId?.(path) === undefined) {
      return t.error(call, `there is no cgroup at ${path}`);
    }
    return UINT64;
  },
  lower(call, l) {
    const id = l.script.typing.host.cgroupId?.(knownText(call.arguments[0], l) ?? '');
    return scalar(UINT64, imm(id ?? 0n));
  },
};

const cgroupPath: FunctionRow = {
  name: 'cgroup_path',
  signature: 'cgroup_path_t cgroup_path(int id, [const string filter])',
  doc: 'Path of the cgroup with the id, found when it is printed; the filter chooses hierarchies.',
  arguments: [1, 2],
  type(call, t) {
    wantInteger(call, 0, t);
    const filter = call.arguments[1] ? textArgument(call, 1, t) : '';
    return filter === undefined ? undefined : { kind: 'cgroupPath', filter };
  },
  lower: (call, l) => scalar(l.typeOf(call), toScalar(l.value(call.arguments[0]!), l).operand),
};

function unsafe(call: Call, t: Typing): boolean {
  if (t.settings.unsafe) return false;
  t.error(call, `${call.name}() is unsafe. To use you need the --unsafe flag`);
  return true;
}

function signal(name: 'signal' | 'signal_thread', helper: string, doc: string): FunctionRow {
  return {
    name,
    signature: `void ${name}(const string name | int number)`,
    doc,
    arguments: [1, 1],
    type(call, t) {
      if (unsafe(call, t)) return undefined;
      const [value] = call.arguments;
      if (value?.kind === 'string' && signalNumber(value.value) === undefined) {
        return t.error(call, `${value.value} is not a valid signal`);
      }
      return VOID;
    },
    lower(call, l) {
      const [value] = call.arguments;
      const number =
        value?.kind === 'string' ? imm(signalNumber(value.value) ?? 0) : toScalar(l.value(value!), l).operand;
      l.b.helper(helper, [number]);
      return NO_VALUE;
    },
  };
}

const override: FunctionRow = {
  name: 'override',
  signature: 'void override(uint64 result)',
  doc: 'The probed kernel function does not run, and returns this (kprobes, CONFIG_BPF_KPROBE_OVERRIDE).',
  arguments: [1, 1],
  type(call, t) {
    if (t.point?.kind.names[0] !== 'kprobe') return t.error(call, 'override() can only be used inside kprobes');
    if (unsafe(call, t)) return undefined;
    wantInteger(call, 0, t);
    return VOID;
  },
  lower(call, l) {
    l.b.helper('override_return', [l.context!, toScalar(l.value(call.arguments[0]!), l).operand]);
    return NO_VALUE;
  },
};

const writeUser: FunctionRow = {
  name: 'write_user',
  signature: 'bool write_user(T *to, T *from, uint32 bytes)',
  doc: "Writes into the current process's memory: it can crash it.",
  arguments: [3, 3],
  type(call, t) {
    return unsafe(call, t) ? undefined : { kind: 'bool' };
  },
  lower(call, l) {
    const [to, from, bytes] = call.arguments;
    const target = toScalar(l.value(to!), l).operand;
    const value = l.value(from!);
    const source = value.kind === 'scalar' ? value.operand : pointerOf(toMemory(value, l).at, l);
    const count = toScalar(l.value(bytes!), l).operand;
    return scalar({ kind: 'bool' }, l.b.compare('eq', l.b.helper('probe_write_user', [target, source, count]), imm(0)));
  },
};

const socketCookie: FunctionRow = {
  name: 'socket_cookie',
  signature: 'uint64 socket_cookie(struct sock *socket)',
  doc: 'A number that is the same for a socket as long as it lives.',
  arguments: [1, 1],
  type(call, t) {
    const [socket] = call.arguments;
    const type = socket && t.typeOf(socket);
    if (!type) return undefined;
    if (type.kind === 'pointer' && type.to.kind === 'struct' && type.to.name === 'struct sock') return UINT64;
    const given = type.kind === 'pointer' ? `'${typeName(type)}'` : type.kind;
    return t.error(call, `socket_cookie() only supports 'struct sock *' as the argument (${given} provided)`);
  },
  lower: (call, l) =>
    scalar(UINT64, l.b.helper('get_socket_cookie', [toScalar(l.value(call.arguments[0]!), l).operand])),
};

/** What bpf_trace_printk takes: three arguments, few conversions. */
const MOST_ARGUMENTS = 3;

const debugf: FunctionRow = {
  name: 'debugf',
  signature: 'void debugf(const string format, args...)',
  doc: 'Prints to the trace pipe of the kernel (/sys/kernel/tracing/trace_pipe), at most three arguments.',
  arguments: [1, Number.POSITIVE_INFINITY],
  type(call, t) {
    if (call.arguments.length > MOST_ARGUMENTS + 1) {
      return t.error(call, `cannot use more than ${MOST_ARGUMENTS} conversion specifiers`);
    }
    const format = textArgument(call, 0, t);
    for (const [i, match] of [...(format ?? '').matchAll(/%(?:%|l*([a-zA-Z]))/g)].filter((one) => one[1]).entries()) {
      if (!'duxps'.includes(match[1]!))
        t.error(call.arguments[0]!, `Invalid format specifier for \`debugf\`: ${match[1]}`);
      const type = call.arguments[i + 1] && t.typeOf(call.arguments[i + 1]!);
      if (type && (match[1] === 's') !== (type.kind === 'string')) {
        t.error(call.arguments[i + 1]!, `Type does not match format specifier: ${match[1]}`);
      }
    }
    return VOID;
  },
  lower(call, l) {
    const [format, ...values] = call.arguments;
    const text = Buffer.from(`${knownText(format, l) ?? ''}\0`, 'latin1');
    const slot = l.bytes('format', text.length);
    storeText(text, slot, text.length, l);
    const operands = values.map((node) => {
      const value = l.value(node);
      return value.kind === 'scalar' ? value.operand : pointerOf(toMemory(value, l).at, l);
    });
    l.b.helper('trace_printk', [pointerOf(slot, l), imm(text.length), ...operands]);
    return NO_VALUE;
  },
};

export const KERNEL: readonly FunctionRow[] = [
  percpuKaddr,
  cgroupid,
  cgroupPath,
  signal('signal', 'send_signal', 'Sends a signal to the current process.'),
  signal('signal_thread', 'send_signal_thread', 'Sends a signal to the current thread.'),
  override,
  writeUser,
  socketCookie,
  debugf,
];
