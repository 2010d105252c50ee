/** The eBPF programs of this host that others can be hooked to, by the names that their BTF gives their first functions. */
import { Btf } from '../btf/index.ts';
import { closeFd, fdById, listIds, programEntry, programInfo } from '../sys/index.ts';

export interface ProgramEntry {
  readonly id: number;
  readonly name: string;
}

/** BPF_PROG_TYPE_TRACING: programs that are hooked to functions cannot be hooked to each other (kernel/bpf/verifier.c). */
const TRACING = 26;

/** Needs CAP_SYS_ADMIN. */
export function listProgramEntries(): ProgramEntry[] {
  return listIds('program').flatMap((id) => {
    const fd = fdById('program', id);
    if (fd < 0) return [];
    try {
      const entry = programInfo(fd).type === TRACING ? undefined : programEntry(fd);
      return entry ? [{ id, name: Btf.parse(entry.btf, { name: `program ${id}` }).nameOf(entry.type) }] : [];
    } finally {
      closeFd(fd);
    }
  });
}
