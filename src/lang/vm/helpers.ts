/** Kernel helpers as the VM knows them: one row each. */
import type { Environment } from './environment.ts';
import { ERRNO, type VmMap } from './maps.ts';
import type { Memory } from './memory.ts';

/** What a helper may touch. */
export interface HelperContext {
  readonly memory: Memory;
  readonly environment: Environment;
  readonly map: (handle: bigint) => VmMap;
  /** Calls a function of the program by its address. */
  readonly call: (address: bigint, args: readonly bigint[]) => bigint;
  /** Reserved ring buffer records by address. */
  readonly reserved: Map<bigint, { map: VmMap; bytes: Uint8Array }>;
}

export type Arguments = readonly [bigint, bigint, bigint, bigint, bigint];
type VmHelper = (vm: HelperContext, args: Arguments) => bigint;

const number = (value: bigint): number => Number(BigInt.asUintN(32, value));
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

const readBytes: VmHelper = ({ memory }, [to, size, from]) => {
  const target = memory.bytes(to, number(size));
  if (memory.find(from, target.length)) target.set(memory.bytes(from, target.length));
  else target.fill(0);
  return memory.find(from, target.length) ? 0n : ERRNO.EFAULT;
};

/** Length with the NUL; the rest of the buffer is left as it is. */
const readString: VmHelper = ({ memory }, [to, size, from]) => {
  const target = memory.bytes(to, number(size));
  for (let i = 0; i < target.length; i++) {
    if (!memory.find(from + BigInt(i), 1)) return ERRNO.EFAULT;
    const byte = i === target.length - 1 ? 0 : Number(memory.load(from + BigInt(i), 1));
    target[i] = byte;
    if (byte === 0) return BigInt(i + 1);
  }
  return 0n;
};

const readClock: VmHelper = ({ environment }) => {
  environment.now += environment.tick;
  return environment.now;
};

const ownerKey = (owner: bigint): Uint8Array => new Uint8Array(new BigUint64Array([owner]).buffer);

const storageGet: VmHelper = ({ memory, map }, [handle, owner, value, flags]) => {
  const storage = map(handle);
  const key = ownerKey(owner);
  if (storage.lookup(key) === 0n && (flags & 1n) !== 0n) {
    storage.update(key, value === 0n ? new Uint8Array(storage.valueSize) : memory.bytes(value, storage.valueSize), 0n);
  }
  return storage.lookup(key);
};

const output = (vm: HelperContext, handle: bigint, from: bigint, size: bigint): bigint => {
  vm.map(handle).records.push(vm.memory.bytes(from, Number(size)).slice());
  return 0n;
};

/** A record has its place in the ring from its reservation on. */
const finishRecord = ({ memory, reserved }: HelperContext, address: bigint, keep: boolean): bigint => {
  const record = reserved.get(address);
  if (record && !keep) record.map.records.splice(record.map.records.indexOf(record.bytes), 1);
  reserved.delete(address);
  memory.unmap(address);
  return 0n;
};

export const VM_HELPERS: Readonly<Record<string, VmHelper>> = {
  map_lookup_elem: ({ memory, map }, [handle, key]) => map(handle).lookup(memory.bytes(key, map(handle).keySize)),
  map_lookup_percpu_elem: ({ memory, map }, [handle, key, cpu]) =>
    cpu === 0n ? map(handle).lookup(memory.bytes(key, map(handle).keySize)) : 0n,
  map_update_elem: ({ memory, map }, [handle, key, value, flags]) => {
    const { keySize, valueSize } = map(handle);
    return map(handle).update(memory.bytes(key, keySize), memory.bytes(value, valueSize), flags);
  },
  map_delete_elem: ({ memory, map }, [handle, key]) => map(handle).delete(memory.bytes(key, map(handle).keySize)),
  for_each_map_elem: (vm, [handle, callback, context]) => {
    let visited = 0n;
    for (const [key, , address] of vm.map(handle).entries()) {
      const at = vm.memory.map('key', key);
      const stop = vm.call(callback, [handle, at, address, context]);
      vm.memory.unmap(at);
      visited++;
      if (stop !== 0n) break;
    }
    return visited;
  },
  loop: (vm, [count, callback, context]) => {
    for (let i = 0n; i < count; i++) if (vm.call(callback, [i, context]) !== 0n) return i + 1n;
    return count;
  },
  task_storage_get: storageGet,
  cgrp_storage_get: storageGet,
  task_storage_delete: ({ map }, [handle, owner]) => map(handle).delete(ownerKey(owner)),
  ringbuf_output: (vm, [handle, from, size]) => output(vm, handle, from, size),
  perf_event_output: (vm, [, handle, , from, size]) => output(vm, handle, from, size),
  ringbuf_reserve: ({ memory, map, reserved }, [handle, size]) => {
    const bytes = new Uint8Array(Number(size));
    map(handle).records.push(bytes);
    const address = memory.map('ring buffer record', bytes);
    reserved.set(address, { map: map(handle), bytes });
    return address;
  },
  ringbuf_submit: (vm, [address]) => finishRecord(vm, address, true),
  ringbuf_discard: (vm, [address]) => finishRecord(vm, address, false),
  ringbuf_query: (vm, [handle]) => BigInt(vm.map(handle).records.reduce((sum, { length }) => sum + length, 0)),
  probe_read: readBytes,
  probe_read_kernel: readBytes,
  probe_read_user: readBytes,
  copy_from_user: readBytes,
  probe_read_str: readString,
  probe_read_kernel_str: readString,
  probe_read_user_str: readString,
  ktime_get_ns: readClock,
  ktime_get_boot_ns: readClock,
  ktime_get_coarse_ns: readClock,
  ktime_get_tai_ns: readClock,
  jiffies64: ({ environment }) => environment.now / 4_000_000n,
  get_prandom_u32: ({ environment }) => {
    environment.random = (Math.imul(environment.random, 1664525) + 1013904223) >>> 0;
    return BigInt(environment.random);
  },
  get_smp_processor_id: ({ environment }) => BigInt(environment.cpu),
  get_numa_node_id: () => 0n,
  get_current_pid_tgid: ({ environment }) => (BigInt(environment.pid) << 32n) | BigInt(environment.tid),
  get_current_uid_gid: ({ environment }) => (BigInt(environment.gid) << 32n) | BigInt(environment.uid),
  get_current_cgroup_id: ({ environment }) => environment.cgroup,
  get_current_task: ({ environment }) => environment.task,
  get_current_task_btf: ({ environment }) => environment.task,
  task_pt_regs: ({ environment }) => environment.registers,
  get_attach_cookie: ({ environment }) => environment.cookie,
  get_current_comm: ({ memory, environment }, [to, size]) => {
    const target = memory.bytes(to, number(size));
    target.fill(0);
    new TextEncoder().encodeInto(environment.comm, target.subarray(0, -1));
    return 0n;
  },
  get_stackid: () => 0n,
  trace_printk: (_, [, size]) => u64(size),
};
