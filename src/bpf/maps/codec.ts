/** Between the bytes that the kernel copies and JavaScript values. */
import { alignUp, type Decoded, decoder, type Shape, sizeOf, write } from '../../base/record.ts';

export interface Codec<T> {
  readonly size: number;
  read(view: DataView, offset: number): T;
  write(view: DataView, offset: number, value: T): void;
}

export function codecOf<S extends Shape>(shape: S): Codec<Decoded<S>> {
  return {
    size: sizeOf(shape),
    read: decoder(shape),
    write: (view, offset, value) => write(shape, view, offset, value),
  };
}

/** Per-CPU values lie one after the other, each rounded up to 8 bytes (kernel/bpf/syscall.c, bpf_map_value_size). */
export function perCpu<T>(codec: Codec<T>, cpus: number): Codec<T[]> {
  const step = alignUp(codec.size, 8);
  return {
    size: step * cpus,
    read: (view, offset) => Array.from({ length: cpus }, (_, cpu) => codec.read(view, offset + cpu * step)),
    write(view, offset, values) {
      for (let cpu = 0; cpu < cpus; cpu++) codec.write(view, offset + cpu * step, values[cpu]!);
    },
  };
}
