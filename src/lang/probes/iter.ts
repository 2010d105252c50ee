/** iter: walks over objects of the kernel, once, when the script starts. */
import { didYouMean } from '../diagnostics/index.ts';
import type { ProbeKind } from './kind.ts';
import { isPattern } from './wildcard.ts';

const PREFIX = 'bpf_iter__';
/** Where pins lie that say no more than a name. */
const BPFFS = '/sys/fs/bpf';

export const iter: ProbeKind = {
  names: ['iter', 'it'],
  counts: [1, 2],
  usage: ['iter:task', 'iter:task_file', 'iter:task_vma', 'iter:task:PIN'],
  doc: 'Runs once for every object of a kind; ctx has the object. With a pin, whenever the pinned file is read.',
  space: 'kernel',
  isAlone: true,
  expand(point, context) {
    const [, object = '', pin] = point.parts;
    if (point.parts.some(isPattern)) {
      context.diagnostics.error(point.span, 'iter probe type does not support wildcards');
      return [];
    }
    const { btf } = context.types;
    if (btf && !btf.tagged('struct', PREFIX + object)) {
      const known = [...btf.btf.ids('struct')]
        .map((id) => btf.btf.nameOf(id))
        .filter((name) => name.startsWith(PREFIX));
      const names = known.map((name) => name.slice(PREFIX.length));
      context.diagnostics.error(point.span, `iter ${object} not available for your kernel version.`, {
        hints: [didYouMean(object, names) ?? `known: ${names.join(', ')}`],
      });
      return [];
    }
    return [
      {
        name: point.parts.join(':').replace(/^it:/, 'iter:'),
        kind: iter,
        program: 'iter',
        attachTo: object,
        how: 'attach',
        context: PREFIX + object,
        links: [{ kind: 'iter', ...(pin !== undefined && { pin: pin.startsWith('/') ? pin : `${BPFFS}/${pin}` }) }],
      },
    ];
  },
};
