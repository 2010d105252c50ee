/** A program attached to its hook. */
import { close } from 'node:fs';
import type { LinkKind } from '../spec/index.ts';
import { closeFd, linkMisses, objPin } from '../sys/index.ts';

/** How a link was made, of several ways that kernels know. */
export type Strategy = 'perf_link' | 'ioctl' | 'raw_tracepoint_open' | 'link_create' | 'uprobe_multi' | 'kprobe_multi';

export interface LinkParts {
  readonly kind: LinkKind;
  readonly program: string;
  readonly strategy: Strategy;
  /** Descriptors that hold it; links before the events that they use. */
  readonly fds: readonly number[];
  /** What the user should know: a lost feature, a slow way. */
  readonly warnings?: readonly string[];
}

export class Link {
  readonly kind: LinkKind;
  readonly program: string;
  readonly strategy: Strategy;
  readonly warnings: readonly string[];
  readonly fds: readonly number[];
  #closed = false;

  constructor(parts: LinkParts) {
    this.kind = parts.kind;
    this.program = parts.program;
    this.strategy = parts.strategy;
    this.warnings = parts.warnings ?? [];
    this.fds = parts.fds;
  }

  /** Keeps it attached beyond this process; only a true bpf link can be pinned. */
  pin(path: string): void {
    objPin(this.fds[0]!, path, `pinning the link of program "${this.program}"`);
  }

  /** Calls of kernel functions that its kprobes did not see, in all (Linux 6.7): kernels keep room for few returns at a time. */
  missed(): number {
    if (this.#closed) return 0;
    if (this.strategy === 'kprobe_multi') return linkMisses(this.fds[0]!);
    if (this.strategy !== 'perf_link' || !this.kind.startsWith('kprobe')) return 0;
    // Each link with its event after it.
    return this.fds.reduce((sum, fd, i) => (i % 2 === 0 ? sum + linkMisses(fd) : sum), 0);
  }

  /** Detaches the program. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const fd of this.fds) closeFd(fd);
  }

  /**
   * The same on a thread of Node's pool. Detaching waits for every CPU to leave the program, some 70 ms for a
   * tracepoint; links that are closed at the same time share a part of the waiting.
   */
  async closeAsync(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const fd of this.fds) await new Promise<void>((resolve) => close(fd, () => resolve()));
  }
}
