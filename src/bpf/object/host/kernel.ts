/** Answers what objects ask about the kernel that runs here. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import type { Btf } from '../../btf/index.ts';
import { kernelBtf, moduleBtf, modulesWithBtf } from '../../btf/index.ts';
import { KernelSymbols } from '../../symbols/index.ts';
import { kernelVersion } from '../../sys/index.ts';
import type { ObjectKernel } from '../kernel.ts';

/** What the entry points of system calls are called where they take a pt_regs. */
const WRAPPED: Partial<Record<NodeJS.Architecture, string>> = { x64: '__x64_sys_bpf', arm64: '__arm64_sys_bpf' };

export function thisKernel(): ObjectKernel {
  let symbols: KernelSymbols | undefined;
  let config: ReadonlyMap<string, string> | undefined;
  return {
    types: () => ({ kernel: kernelBtf(), modules }),
    version: kernelVersion(),
    config: () => {
      config ??= readConfig();
      return config;
    },
    symbolAddress: (name) => {
      symbols ??= KernelSymbols.read();
      return symbols.addressOf(name);
    },
    hasSyscallWrapper: () => {
      const name = WRAPPED[process.arch];
      return name !== undefined && kernelBtf().find(name, 'func') !== undefined;
    },
  };
}

function* modules(): Generator<Btf> {
  for (const name of modulesWithBtf()) yield moduleBtf(name);
}

function readConfig(): ReadonlyMap<string, string> | undefined {
  const packed = read('/proc/config.gz');
  const text = packed ? gunzipSync(packed) : read(`/boot/config-${release()}`);
  return text && parseConfig(text.toString());
}

/** `CONFIG_NAME=value` a line; what is off is a comment. */
export function parseConfig(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
