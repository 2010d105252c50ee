/** Iterators: a program that runs over kernel objects whenever somebody reads. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Program } from '../programs/index.ts';
import type { IterTarget, LinkSpec } from '../spec/index.ts';
import { EBADF, EINVAL, EPERM, iterCreate, linkIter, must, needs } from '../sys/index.ts';
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
  const fd = must(linkOver(program.fd, spec.over), `attaching iterator "${program.name}"`, (errno) =>
    hint(errno, spec),
  );
  const link = new IterLink({ kind: spec.kind, program: spec.program, strategy: 'link_create', fds: [fd] });
  if (spec.pin !== undefined) link.pin(spec.pin);
  return link;
}

/** BPF_CGROUP_ITER_DESCENDANTS_PRE: a cgroup before those in it. */
const DESCENDANTS = 2;

/** union bpf_iter_link_info: map_fd; or order, cgroup_fd; or tid, pid. */
function linkOver(program: number, over: IterTarget | undefined): number {
  if (over === undefined) return linkIter(program);
  const info = Buffer.alloc(16);
  if ('map' in over) info.writeUInt32LE(over.map);
  if ('tid' in over) info.writeUInt32LE(over.tid);
  if ('pid' in over) info.writeUInt32LE(over.pid, 4);
  if (!('cgroup' in over)) return linkIter(program, info);
  const directory = openSync(over.cgroup, 'r');
  try {
    info.writeUInt32LE(DESCENDANTS);
    info.writeUInt32LE(directory, 4);
    return linkIter(program, info);
  } finally {
    closeSync(directory);
  }
}

function hint(errno: number, { over }: LinkSpec & { readonly kind: 'iter' }): string | undefined {
  if (errno === EPERM) return needs('CAP_BPF and CAP_PERFMON');
  if (over === undefined && (errno === EBADF || errno === EINVAL)) return 'say in `over` which map or cgroup it walks';
  return over !== undefined && errno === EINVAL ? 'its kind, or this kernel, cannot walk only that' : undefined;
}
