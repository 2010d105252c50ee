/** Iterators: a program that runs over kernel objects whenever somebody reads. */
import { closeSync, readSync } from 'node:fs';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { EPERM, iterCreate, linkIter, must, needs } from '../sys/index.ts';
import { Link } from './link.ts';

export class IterLink extends Link {
  /** Runs the iterator: everything that the program wrote for every object. */
  read(): Buffer {
    const fd = must(iterCreate(this.fds[0]!), `starting iterator "${this.program}"`);
    try {
      const chunks: Buffer[] = [];
      for (;;) {
        const chunk = Buffer.allocUnsafe(64 * 1024);
        const length = readSync(fd, chunk);
        if (length === 0) return Buffer.concat(chunks);
        chunks.push(chunk.subarray(0, length));
      }
    } finally {
      closeSync(fd);
    }
  }
}

export function attachIter(spec: LinkSpec & { readonly kind: 'iter' }, program: Program): IterLink {
  const doing = `attaching iterator "${program.name}"`;
  const fd = must(linkIter(program.fd), doing, (errno) =>
    errno === EPERM ? needs('CAP_BPF and CAP_PERFMON') : undefined,
  );
  const link = new IterLink({ kind: spec.kind, program: spec.program, strategy: 'link_create', fds: [fd] });
  if (spec.pin !== undefined) link.pin(spec.pin);
  return link;
}
