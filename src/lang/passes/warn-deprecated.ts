/** Says of old ways to write things what has come in their place. */
import type { Diagnostics } from '../diagnostics/index.ts';
import { type Program, walk } from '../syntax/index.ts';

const WHILE_HINT =
  'For loops support ranges (e.g. `for ($x : $start..$end) { ... }`), and can be used in place of while. ' +
  'These are more easily proven to be bounded by the verifier.';

/** In the script's own text: the standard library's is not the user's to change. */
export function warnDeprecated(program: Program, diagnostics: Diagnostics): void {
  walk(program, (node) => {
    if (node.kind === 'macro' && node.standard) return false;
    if (node.kind === 'while') {
      const message = 'While loops are deprecated and may be removed in the future.';
      diagnostics.warning(node.span, message, { hints: [WHILE_HINT] });
    } else if (node.kind === 'builtin' && node.name.startsWith('sarg')) {
      const message = 'sarg* is deleted. This was deprecated in v0.21 and was last available in v0.24.';
      diagnostics.error(node.span, message, { hints: ['Use *(reg("sp") + <stack_offset>) instead.'] });
    }
    return true;
  });
}
