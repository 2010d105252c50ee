/** Test reporter: lists what was skipped and why and which files failed, and objects when a host could have run what was skipped altogether. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly file?: string;
    readonly skip?: string | boolean;
    readonly details?: { readonly type?: string };
  };
}

/** Tests that need something of the host, by the end of their file's name. */
const KINDS = {
  '.kernel.test.ts': { needs: 'eBPF', works: ebpfWorks },
  '.pg.test.ts': { needs: 'PostgreSQL', works: () => process.getuid?.() === 0 },
};

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const reasons = new Map<string, number>();
  const ran = new Map<string, number>();
  const skipped = new Map<string, number>();
  const failed = new Set<string>();
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    if (type === 'test:fail' && data.file) failed.add(relative(process.cwd(), data.file));
    const kind = Object.keys(KINDS).find((ending) => data.file?.endsWith(ending)) ?? '';
    if (data.skip === undefined || data.skip === false) {
      increment(ran, kind);
      continue;
    }
    increment(skipped, kind);
    increment(reasons, typeof data.skip === 'string' ? data.skip : 'no reason given');
  }
  for (const file of failed) yield `failed: ${file}\n`;
  for (const [reason, count] of reasons) yield `skipped ${count}: ${reason}\n`;
  for (const [ending, { needs, works }] of Object.entries(KINDS)) {
    if (!ran.has(ending) && skipped.has(ending) && works()) {
      yield `not tested: ${needs} works on this host, but all ${skipped.get(ending)} tests that need it (*${ending}) were skipped\n`;
    }
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** CAP_BPF or CAP_SYS_ADMIN (include/uapi/linux/capability.h), and a kernel that describes its types. */
function ebpfWorks(): boolean {
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  const allowed = ((effective >> 39n) | (effective >> 21n)) & 1n;
  return allowed === 1n && existsSync('/sys/kernel/btf/vmlinux');
}
