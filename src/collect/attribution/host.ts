/** What attribution needs of this host, asked before anything is started or compiled. */
import { PebbleError } from '../../base/errors.ts';
import { hasKernelBtf } from '../../bpf/btf/index.ts';

const DOING = 'preparing to watch PostgreSQL';

/** This kernel lacks what attribution cannot do without. */
export const unsupported = (lack: string): PebbleError =>
  new PebbleError('unsupported', {
    doing: DOING,
    what: `this kernel has no ${lack}`,
    hint: '`pebble doctor` says what it offers',
  });

/** Throws where this host, or this user on it, cannot watch PostgreSQL at all. */
export function requireHost(): void {
  if (process.geteuid?.() !== 0) {
    throw new PebbleError('privilege', {
      doing: DOING,
      what: 'loading programs into the kernel and reading other processes needs root',
      hint: 'run it with sudo',
    });
  }
  if (!hasKernelBtf()) {
    throw new PebbleError('unsupported', {
      doing: DOING,
      what: 'this kernel has no BTF, which tells where its structures have their fields: /sys/kernel/btf/vmlinux is missing',
      hint: 'boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (those of Debian 11, Ubuntu 20.10, RHEL 8.2 and later are); in a container, mount /sys',
    });
  }
}
