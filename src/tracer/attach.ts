/** Attaches a script's probes so that bodies of one event run in the order of the script. */
import type { Collection } from '../bpf/index.ts';
import type { Link } from '../bpf/links/index.ts';
import type { LinkSpec } from '../bpf/spec/index.ts';
import type { CompiledScript, ScriptProbe } from '../lang/script.ts';

/**
 * The kernel runs the programs of some hooks in the order in which they were attached, of others in the reverse
 * order (a consumer is put at the head of the list: kernel/events/uprobes.c, kernel/kprobes.c, kernel/bpf/trampoline.c).
 */
function isLastFirst(link: LinkSpec, script: CompiledScript): boolean {
  switch (link.kind) {
    case 'kprobe':
    case 'kprobe_multi':
      return !link.atReturn;
    case 'uprobe':
    case 'uprobe_multi':
    case 'usdt':
    case 'iter':
      return true;
    case 'tracing':
      return script.collection.programs.find(({ name }) => name === link.program)?.kind !== 'tp_btf';
    default:
      return false;
  }
}

/** Indices of the script's links. */
export function inAttachOrder(script: CompiledScript): number[] {
  const { links } = script.collection;
  const isLast = (i: number): boolean => isLastFirst(links[i]!, script);
  const all = [...links.keys()];
  return [...all.filter((i) => !isLast(i)), ...all.filter(isLast).reverse()];
}

/** The first that a link is of: others may share it. */
export const probeOf = (link: number, script: CompiledScript): ScriptProbe | undefined =>
  script.probes.find(({ links }) => links.includes(link));

/** Those that are attached, by their index. `onFailure` throws when a missing probe is an error; otherwise the rest goes on. */
export async function attachAll(
  script: CompiledScript,
  collection: Collection,
  onFailure: (probe: ScriptProbe | undefined, error: unknown) => void,
): Promise<ReadonlyMap<number, Link>> {
  const attached = new Map<number, Link>();
  for (const i of inAttachOrder(script)) {
    try {
      attached.set(i, await collection.attach(script.collection.links[i]!));
    } catch (error) {
      onFailure(probeOf(i, script), error);
    }
  }
  return attached;
}
