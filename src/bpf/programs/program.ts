/** A program in the kernel. */
import type { ProgramKind, ProgramSpec } from '../spec/index.ts';
import {
  closeFd,
  enableStats,
  must,
  objPin,
  type ProgramInfo,
  programInfo,
  programStats,
  progTestRun,
  type RunStats,
  type TestRun,
} from '../sys/index.ts';

export class Program {
  readonly fd: number;
  readonly name: string;
  readonly kind: ProgramKind;
  #closed = false;

  constructor(fd: number, spec: Pick<ProgramSpec, 'name' | 'kind'>) {
    this.fd = fd;
    this.name = spec.name;
    this.kind = spec.kind;
  }

  info(): ProgramInfo {
    return programInfo(this.fd);
  }

  /** Runs and their time while `countRuns` is on; and always the runs left out because the program was running on that CPU already. */
  stats(): RunStats {
    return programStats(this.fd);
  }

  /** Runs it here and now, where its kind allows it. */
  testRun(input: TestRun = {}): { readonly returned: number; readonly durationNs: number } {
    const answer = progTestRun(this.fd, input);
    must(answer.result, `running program "${this.name}" (${this.kind})`);
    return { returned: answer.returned, durationNs: answer.durationNs };
  }

  pin(path: string): void {
    objPin(this.fd, path, `pinning program "${this.name}"`);
  }

  /** The program goes when no link or pin holds it any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFd(this.fd);
  }
}

/** Until the result is called the kernel counts and times the runs of all programs (some 20–50 ns a run). */
export function countRuns(): () => void {
  const fd = must(enableStats(), 'switching run statistics on', 'they came with Linux 5.8 and need CAP_SYS_ADMIN');
  return () => closeFd(fd);
}
