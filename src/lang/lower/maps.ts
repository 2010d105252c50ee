/** Code that reaches the values of maps: keys, look-ups, inserts, and the null checks that the verifier wants. */

import { PebbleError } from '../../base/errors.ts';
import { sizeOf } from '../../base/record.ts';
import type { Span } from '../diagnostics/index.ts';
import { type Address, address, imm, type Operand, type Reg } from '../ir/index.ts';
import type { Expression, MapAccess, MapReference } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { isCastableAggregate, isScalar, type Type } from '../types/type.ts';
import { findField } from '../types/type-space.ts';
import { foldCpus } from './cpus.ts';
import type { Lowering } from './lowering.ts';
import { isStorage, type MapPlan, storageHelper } from './map-plan.ts';
import { load, pointerOf, toScalar } from './memory.ts';
import { reportHelper } from './runtime-errors.ts';
import { callOnMap, lastText } from './short-keys.ts';
import { claimSlot } from './top-k.ts';
import { inMemory, offsetBy, scalar, type Value } from './value.ts';

type MapNode = MapReference | MapAccess;

/** BPF_LOCAL_STORAGE_GET_F_CREATE and BPF_NOEXIST (linux/bpf.h). */
const CREATE = 1;
const NO_EXIST = 1;
const ANY = 0;
/** -E2BIG: what an insert into a full map gives. */
const NO_ROOM = -7;

/** The key in memory; for scalar maps the index 0. */
export function keyAddress(node: MapNode, plan: MapPlan, l: Lowering): Address {
  if (node.kind === 'map' || !plan.keyType) {
    const zero = l.bytes('key', 4, { align: 4 });
    l.b.store(zero, 4, imm(0));
    return zero;
  }
  const key = l.slot('key', plan.keyType);
  const { keyType, short } = plan;
  const call = short && lastText(node.key);
  const start = call && ({ call, bytes: short.bytes, rest: 'if longer' } as const);
  l.withStart(start, () => l.into(node.key, key, keyType));
  return key;
}

/** Whose storage: the key's task, or the current one where there is no key. */
function storageOwner(node: MapNode, plan: MapPlan, l: Lowering): Operand {
  if (node.kind === 'map-access') {
    const key = l.value(node.key);
    if (key.kind === 'scalar') return key.operand;
  }
  const task = l.b.helper('get_current_task_btf', []);
  return plan.type === 'task_storage' ? task : cgroupOf(task, l);
}

/** `task->cgroups->dfl_cgrp`, by loads that the verifier follows: the kernel has no helper for it. */
function cgroupOf(task: Reg, l: Lowering): Reg {
  const set = l.b.load(address(task, kernelOffset('task_struct', 'cgroups', l)), 8);
  return l.b.load(address(set, kernelOffset('css_set', 'dfl_cgrp', l)), 8);
}

function kernelOffset(struct: string, name: string, l: Lowering): number {
  const type = l.typing.script.space.tagged('struct', struct);
  const field = type?.kind === 'struct' ? findField(type, name) : undefined;
  if (field) return field.offset;
  throw new PebbleError('unsupported', {
    doing: 'finding the current cgroup for cgroup_storage()',
    what: `this kernel does not tell where struct ${struct} has its ${name} (BTF)`,
    hint: 'use a hash with cgroup as its key: @m[cgroup]',
  });
}

/** Where tasks have no storage: the id of the key's task, or of the current thread. */
function threadKey(node: MapNode, l: Lowering): Address {
  const key = l.bytes('key', 4, { align: 4 });
  const isOther = node.kind === 'map-access' && !isCurrentTask(node.key);
  const id = isOther ? idOfTask(node.key, l) : l.b.extend(l.b.helper('get_current_pid_tgid', []), 4, false);
  l.b.store(key, 4, id);
  return key;
}

const isCurrentTask = (node: Expression): boolean =>
  (node.kind === 'builtin' || node.kind === 'identifier') && node.name.endsWith('curtask');

function idOfTask(node: Expression, l: Lowering): Operand {
  const { type, operand } = toScalar(l.value(node), l);
  const fields = type.kind === 'pointer' && type.to.kind === 'struct' ? type.to.fields() : [];
  const pid = fields.find(({ name }) => name === 'pid');
  if (operand.kind !== 'reg' || !pid) throw new TypeError('the key is not a task');
  // What a function is called with may be curtask, which has no type here.
  const typed = l.unit.kind === 'probe' && 'typed' in type && type.typed === true;
  const at = address(operand, pid.offset);
  return load({ kind: 'memory', type: pid.type, at, space: 'kernel', typed }, l).operand;
}

/** The kernel gives the address of an array's value where it has one: scalar maps', and element 0 of `array(1)`. */
function isOnlyEntry(node: MapNode, plan: MapPlan, l: Lowering): boolean {
  if (plan.setOffset !== undefined) return true;
  if (plan.spec.maxEntries !== 1 || node.kind !== 'map-access') return false;
  const key = node.key.kind === 'cast' ? node.key.value : node.key;
  return l.constant(key) === 0n;
}

export interface Entry {
  readonly plan: MapPlan;
  /** Reads the key again never: it stays in its slot. */
  readonly key: Address | undefined;
  readonly owner: Operand | undefined;
}

/** Evaluates the key once. */
export function openEntry(node: MapNode, l: Lowering): Entry {
  const plan = l.plan(node);
  if (plan.byThread) return { plan, key: threadKey(node, l), owner: undefined };
  if (isStorage(plan)) return { plan, key: undefined, owner: storageOwner(node, plan, l) };
  if (plan.type === 'array' && isOnlyEntry(node, plan, l)) return { plan, key: undefined, owner: undefined };
  return { plan, key: keyAddress(node, plan, l), owner: undefined };
}

/** Pointer to the value, or null; arrays' one value is never null. */
export function lookUp({ plan, key, owner }: Entry, l: Lowering): Reg {
  if (owner) return storageGet(plan, owner, 0, l);
  if (!key) return l.b.mapValue(plan.spec.name);
  return callOnMap('map_lookup_elem', plan, key, [], l);
}

function storageGet(plan: MapPlan, owner: Operand, flags: number, l: Lowering): Reg {
  return l.b.helper(storageHelper(plan, 'get'), [l.b.map(plan.spec.name), owner, imm(0), imm(flags)]);
}

/** Pointer to the value, made of zeros if there was none; null only where the map is full. */
export function lookUpOrInsert(entry: Entry, l: Lowering): Reg {
  const { plan, key, owner } = entry;
  if (owner) return storageGet(plan, owner, CREATE, l);
  if (plan.top && key) return claimSlot(plan.spec.name, plan.top, key, l);
  const found = lookUp(entry, l);
  if (!key || plan.type === 'percpu_array' || plan.type === 'array') return found;
  l.b.when('eq', found, imm(0), () => {
    callOnMap('map_update_elem', plan, key, [zeros(sizeOf(plan.valueShape), l), imm(NO_EXIST)], l);
    l.b.mov(lookUp(entry, l), found);
  });
  return found;
}

/** Address of that many bytes that are always zero. */
export function zeros(bytes: number, l: Lowering): Reg {
  l.output.zeros = Math.max(l.output.zeros, Math.ceil(bytes / 8) * 8);
  return l.b.mapValue('zeros');
}

/** A pointer that may be null as one that may be read: null reads as zeros. */
export function orZeros(pointer: Reg, bytes: number, l: Lowering): Reg {
  const safe = l.b.mov(pointer);
  l.b.when('eq', pointer, imm(0), () => l.b.mov(zeros(bytes, l), safe));
  return safe;
}

/** The value as an expression: zero where there is none, a sum over the CPUs for counters. */
export function readMap(node: MapNode, l: Lowering): Value {
  const plan = l.plan(node);
  const type = plan.script.value;
  const entry = openEntry(node, l);
  if (isCastableAggregate(type)) return foldCpus(type, entry, l);
  const found = lookUp(entry, l);
  if (!entry.key && !entry.owner) return read(type, found, l);
  if (l.settings.reportReads) {
    l.b.when('eq', found, imm(0), () => reportHelper('map_lookup_elem', imm(0), node.span, l));
  }
  if (!isScalar(type)) return inMemory(type, address(orZeros(found, sizeOfType(type), l)));
  const result = l.b.mov(imm(0));
  l.b.when('ne', found, imm(0), () => l.b.mov(load(inMemory(type, address(found)), l).operand, result));
  return scalar(type, result);
}

/** A scalar map's value: what was read must not change behind the expression that uses it. */
function read(type: Type, pointer: Reg, l: Lowering): Value {
  const value = inMemory(type, address(pointer));
  return isScalar(type) ? load(value, l) : value;
}

/** `@m[k] = value` */
export function writeMap(node: MapNode, write: (to: Address, type: Type) => void, l: Lowering): void {
  const entry = openEntry(node, l);
  const { plan, key, owner } = entry;
  const type = plan.script.value;
  if (owner || plan.perCpu) return withEntry(entry, (at) => write(at, type), node.span, l);
  if (!key) {
    const value = address(lookUp(entry, l));
    write(value, type);
    return markSet(plan, value, l);
  }
  const value = l.slot('value', type);
  write(value, type);
  // Before Linux 6.4 an int comes back, whose upper half is zero.
  const result = l.b.extend(callOnMap('map_update_elem', plan, key, [pointerOf(value, l), imm(ANY)], l), 4, true);
  l.b.when('slt', result, imm(0), () => reportHelper('map_update_elem', result, node.span, l));
}

/** Scalar maps remember that they were assigned. */
export function markSet(plan: MapPlan, value: Address, l: Lowering): void {
  if (plan.setOffset !== undefined) l.b.store(offsetBy(value, plan.setOffset), 8, imm(1));
}

/** Runs `body` on the value, inserted if it was missing; skips it when the map is full. */
export function withEntry(entry: Entry, body: (at: Address) => void, span: Span, l: Lowering): void {
  const found = lookUpOrInsert(entry, l);
  const at = address(found);
  const whole = () => {
    body(at);
    markSet(entry.plan, at, l);
  };
  if (!entry.key && !entry.owner) whole();
  else l.b.when('ne', found, imm(0), whole, () => reportHelper('map_update_elem', imm(NO_ROOM), span, l));
}
