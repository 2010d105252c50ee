/** The koffi backend: libc's syscall(2) wrapper, addresses and views. */
import { createRequire } from 'node:module';
import type { Native } from './native.ts';

type Call = (...args: number[]) => number;

/** The part of koffi that we use; `errno` must be read before anything else runs. */
interface Koffi {
  load(path: null): { func(declaration: string): Call };
  address(memory: ArrayBuffer): bigint;
  view(address: number, length: number): ArrayBuffer;
  errno(): number;
}

/**
 * koffi's own entry finds out architecture and libc by reading ELF headers, which takes 6 of its 7 ms.
 * The glibc binary is tried first; it does not load on musl, where koffi's own way then finds the other one.
 */
function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    const own = createRequire(require.resolve('koffi'));
    return own(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`) as Koffi;
  } catch {
    return require('koffi') as Koffi;
  }
}

export function koffiBackend(): Native {
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const call = libc.func(
    'long syscall(long number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e, intptr_t f)',
  );
  return {
    syscall(number, a, b, c, d, e, f) {
      const result = call(number, a, b, c, d, e, f);
      return result === -1 ? -koffi.errno() : result;
    },
    address: (memory) => Number(koffi.address(memory)),
    view: (address, length) => koffi.view(address, length),
    trim: () => void optional(libc, 'int malloc_trim(size_t)')?.(0),
    setMalloc: (parameter, value) => void optional(libc, 'int mallopt(int, int)')?.(parameter, value),
  };
}

/** Of glibc alone. */
function optional(libc: ReturnType<Koffi['load']>, declaration: string): Call | undefined {
  try {
    return libc.func(declaration);
  } catch {
    return undefined;
  }
}
