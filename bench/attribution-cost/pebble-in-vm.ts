/** The attribution program in the eBPF machine of src/lang/vm, as the engine sets it up for one session. */
import { decoder, sizeOf, write } from '../../src/base/record.ts';
import type { MapSpec } from '../../src/bpf/spec/index.ts';
import { findWays } from '../../src/collect/attribution/index.ts';
import { compileProgram, type Signal } from '../../src/collect/attribution/program.ts';
import { AT, CLIENT_BACKEND, IDLE, RequestInVm, RUNNING } from './request-in-vm.ts';

/** Arrays with few entries in place of many: those that are used. */
const small = (maps: readonly MapSpec[]): MapSpec[] =>
  maps.map((map) => (map.type === 'array' ? { ...map, maxEntries: Math.min(map.maxEntries, 2) } : map));

export interface PebbleInVm {
  readonly world: RequestInVm;
  /** What it has of this map: its only value. */
  readonly only: (map: string) => Readonly<Record<string, unknown>>;
}

export async function pebbleInVm(signals: ReadonlySet<Signal> = new Set()): Promise<PebbleInVm> {
  const { collection, maps } = compileProgram(signals, 1, await findWays());
  const world = new RequestInVm({ ...collection, maps: small(collection.maps) });
  const set = (map: string, key: Uint8Array, fields: Readonly<Record<string, number | bigint>>) => {
    const { spec, valueShape } = maps.find(({ name }) => name === map)!;
    const value = new Uint8Array(sizeOf(valueShape));
    if (valueShape.kind !== 'record') throw new TypeError(`${map} has no records`);
    for (const [name, number] of Object.entries(fields)) {
      write(valueShape.fields[name]!, new DataView(value.buffer), valueShape.offsets[name]!, number as never);
    }
    world.first.map(spec).update(key, value, 0n);
  };
  const first = new Uint8Array(4);
  set('@control', first, { active: 1 });
  set('@profiles', first, {
    my_be_entry: AT.entryPointer,
    wait_event_base: AT.waitEventPointer,
    my_proc: AT.procPointer,
    my_proc_port: AT.portPointer,
    buffer_usage: AT.bufferUsage,
    wal_usage: AT.walUsage,
    client_backend: CLIENT_BACKEND,
    state_idle: IDLE,
    state_running: RUNNING,
    query_ids: 1,
    shows_ids: 1,
  });
  set('@backends', RequestInVm.storageKey('backend'), {
    type: CLIENT_BACKEND,
    attached: 1,
    entry: AT.entry,
    wait_event: AT.waitEvent,
  });
  const only = (map: string) => {
    const { spec, valueShape } = maps.find(({ name }) => name === map)!;
    const [entry] = world.first.map(spec).entries();
    const { buffer, byteOffset, byteLength } = entry![1];
    return decoder(valueShape)(new DataView(buffer, byteOffset, byteLength), 0) as Readonly<Record<string, unknown>>;
  };
  return { world, only };
}
