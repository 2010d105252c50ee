/** The kernels that Pebble is tried on: one row each, and how QEMU boots its machine. */

import type { FeatureName } from '../../src/bpf/features/index.ts';

export type Arch = 'amd64' | 'arm64';

export interface Kernel {
  readonly name: string;
  readonly arch: Arch;
  /** Its package's version starts so; absent: the newest of all. */
  readonly version?: string;
  /** The emulated CPU, where it is not its machine's. */
  readonly cpu?: string;
  /** Features that came with an earlier version, but that it does not have; and why. Others must be there. */
  readonly lacks?: Partial<Record<FeatureName, string>>;
}

const NO_COUNTERS = { hardware_counters: 'QEMU emulates no counters on x86' };
const NO_FPROBE = 'Debian builds it without fprobe';
const NO_ARM_FPROBE = 'arm64 has no fprobe yet';

export const KERNELS: readonly Kernel[] = [
  { name: '5.10', arch: 'amd64', version: '5.10.', lacks: NO_COUNTERS },
  { name: '6.1', arch: 'amd64', version: '6.1.', lacks: { ...NO_COUNTERS, kprobe_multi: NO_FPROBE } },
  { name: '6.12', arch: 'amd64', version: '6.12.', lacks: NO_COUNTERS },
  // Since Linux 6.18 local storage and arenas want cmpxchg16b, and no kernel uses it unlocked any more.
  { name: 'newest', arch: 'amd64', cpu: 'max', lacks: NO_COUNTERS },
  {
    name: '6.12-arm64',
    arch: 'arm64',
    version: '6.12.',
    lacks: { kprobe_multi: NO_ARM_FPROBE, kprobe_session: NO_ARM_FPROBE },
  },
];

export interface Machine {
  readonly qemu: string;
  /** Debian's package that has it. */
  readonly package: string;
  readonly machine: string;
  readonly cpu: string;
  readonly console: string;
  /** As Node and npm call the architecture. */
  readonly npm: string;
}

export const MACHINES: Readonly<Record<Arch, Machine>> = {
  amd64: {
    qemu: 'qemu-system-x86_64',
    package: 'qemu-system-x86',
    machine: 'q35',
    // QEMU 7.2 leaves garbage in the flags after cmpxchg16b without a lock prefix: every other boot of Linux 6.12 dies of it.
    cpu: 'max,cx16=off',
    console: 'ttyS0',
    npm: 'x64',
  },
  arm64: {
    qemu: 'qemu-system-aarch64',
    package: 'qemu-system-arm',
    // Pointer authentication as the architecture has it takes half of the time of an emulated boot.
    machine: 'virt',
    cpu: 'max,pauth-impdef=on',
    console: 'ttyAMA0',
    npm: 'arm64',
  },
};

/** Debian suites with these kernels, and with what the virtual machines run (bookworm). */
export const SUITES = [
  { name: 'bullseye', arches: ['amd64'] },
  { name: 'bookworm', arches: ['amd64', 'arm64'] },
  { name: 'bookworm-backports', arches: ['amd64', 'arm64'] },
  { name: 'trixie-backports', arches: ['amd64'] },
  { name: 'sid', arches: ['amd64'] },
] as const satisfies readonly { name: string; arches: readonly Arch[] }[];
