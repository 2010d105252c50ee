/** Attaches a script's probes so that bodies of one event run in the order of the script. */
import type { Collection, Link } from '../bpf/index.ts';
import type { LinkSpec } from '../bpf/spec/index.ts';
import type { CompiledScript } from '../lang/script.ts';

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

export function inAttachOrder(script: CompiledScript): LinkSpec[] {
  const { links } = script.collection;
  const last = links.filter((link) => isLastFirst(link, script));
  return [...links.filter((link) => !isLastFirst(link, script)), ...last.reverse()];
}

export interface Attached {
  readonly links: readonly Link[];
  /** Programs none of whose links could be attached. */
  readonly failed: ReadonlySet<string>;
}

/** `onFailure` throws when a missing probe is an error; otherwise the rest is attached without it. */
export async function attachAll(
  script: CompiledScript,
  collection: Collection,
  onFailure: (link: LinkSpec, error: unknown) => void,
): Promise<Attached> {
  const links: Link[] = [];
  const failed = new Set<string>();
  const attached = new Set<string>();
  for (const spec of inAttachOrder(script)) {
    try {
      links.push(await collection.attach(spec));
      attached.add(spec.program);
    } catch (error) {
      onFailure(spec, error);
      failed.add(spec.program);
    }
  }
  return { links, failed: failed.difference(attached) };
}
