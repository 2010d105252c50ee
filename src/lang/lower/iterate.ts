/** `for ($kv : @map)`: a callback of bpf_for_each_map_elem; the variables that it shares with the probe live in memory. */
import type { For, MapReference } from '../syntax/ast.ts';
import type { Lowering } from './lowering.ts';

export function iterateMap(node: For, over: MapReference, l: Lowering): void {
  l.script.typing.diagnostics.error(node.span, `iterating over ${over.name} is not supported yet`);
}
