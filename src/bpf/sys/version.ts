/** The version of the kernel that runs, for what cannot be found by trying. */
import { readFileSync } from 'node:fs';
import { release, version } from 'node:os';

/** KERNEL_VERSION of linux/version.h; the last part has one byte. */
export function packVersion(text: string): number {
  const [major = 0, minor = 0, patch = 0] =
    /^(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(text)
      ?.slice(1)
      .map((part) => Number(part ?? 0)) ?? [];
  return (major << 16) | (minor << 8) | Math.min(patch, 255);
}

/** Distributions count in their release what the kernel counts in its version (libbpf, get_kernel_version). */
export function kernelVersion(): number {
  return packVersion(ubuntu() ?? /\bDebian (\d+\.\d+\.\d+)/.exec(version())?.[1] ?? release());
}

function ubuntu(): string | undefined {
  try {
    return readFileSync('/proc/version_signature', 'utf8').trim().split(' ').at(-1);
  } catch {
    return undefined;
  }
}
