/** What a run of tests came to: which files failed, what was skipped and why, which files took longest, which did not run. */
import { existsSync, readFileSync } from 'node:fs';
import type { TestEvent } from './run.ts';

/** Tests that need something of the host, by the end of their file's name. */
const KINDS = {
  '.kernel.test.ts': { needs: 'eBPF', works: ebpfWorks },
  '.pg.test.ts': { needs: 'PostgreSQL', works: () => process.getuid?.() === 0 },
};
const SLOWEST = 10;

export class Outcome {
  readonly #reasons = new Map<string, number>();
  readonly #ran = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  readonly #failed = new Set<string>();
  readonly #seconds = new Map<string, number>();
  readonly #counts = { tests: 0, pass: 0, fail: 0, skipped: 0 };

  add(file: string, { type, data }: TestEvent): void {
    if (type === 'test:fail') this.#failed.add(file);
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') return;
    const isSkipped = data.skip !== undefined && data.skip !== false;
    this.#counts.tests++;
    this.#counts[type === 'test:fail' ? 'fail' : isSkipped ? 'skipped' : 'pass']++;
    const kind = Object.keys(KINDS).find((ending) => file.endsWith(ending)) ?? '';
    if (!isSkipped) {
      increment(this.#ran, kind);
      return;
    }
    increment(this.#skipped, kind);
    increment(this.#reasons, typeof data.skip === 'string' ? data.skip : 'no reason given');
  }

  /** From the start of its process to the end of it. */
  took(file: string, seconds: number): void {
    this.#seconds.set(file, seconds);
  }

  /** As Node's reporters say them at the end. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  get failed(): readonly string[] {
    return [...this.#failed];
  }

  /** What must not be: a host that could have run what was skipped altogether, and files that had no time. */
  objections(files: readonly string[], works: (kind: keyof typeof KINDS) => boolean = (kind) => KINDS[kind].works()) {
    const untested = (Object.keys(KINDS) as (keyof typeof KINDS)[])
      .filter((kind) => !this.#ran.has(kind) && this.#skipped.has(kind) && works(kind))
      .map(
        (kind) =>
          `not tested: ${KINDS[kind].needs} works on this host, but all ${this.#skipped.get(kind)} tests that need it (*${kind}) were skipped`,
      );
    return [
      ...untested,
      ...files.filter((file) => !this.#seconds.has(file)).map((file) => `not run, or not to its end: ${file}`),
    ];
  }

  *lines(): Generator<string> {
    for (const file of this.#failed) yield `failed: ${file}`;
    for (const [reason, count] of this.#reasons) yield `skipped ${count}: ${reason}`;
    const slowest = [...this.#seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
    if (slowest.length > 1) yield 'the slowest files:';
    if (slowest.length > 1) for (const [file, seconds] of slowest) yield `${seconds.toFixed(1).padStart(6)} s  ${file}`;
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
