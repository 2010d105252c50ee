/** Warns of features that may still change, or refuses them, as the config says. */
import type { Diagnostics } from '../diagnostics/index.ts';
import { type Node, type Program, walk } from '../syntax/index.ts';
import type { UnstableSettings } from './config-options.ts';

interface Feature {
  readonly setting: keyof UnstableSettings;
  readonly name: string;
  isUsedBy(node: Node): boolean;
}

const FEATURES: readonly Feature[] = [
  {
    setting: 'unstable_tseries',
    name: 'tseries',
    isUsedBy: (node) => node.kind === 'call' && node.name === 'tseries',
  },
  {
    setting: 'unstable_dw_ustack',
    name: 'dw_ustack (DWARF stack unwinding)',
    isUsedBy: (node) => node.kind === 'call' && node.name === 'dw_ustack',
  },
  { setting: 'unstable_typeinfo', name: 'typeinfo', isUsedBy: (node) => node.kind === 'typeinfo' },
];

/** The script's own text only: what the standard library uses is not the user's to decide. */
export function warnUnstable(program: Program, settings: UnstableSettings, diagnostics: Diagnostics): void {
  const warned = new Set<Feature>();
  walk(program, (node) => {
    if (node.kind === 'macro' && node.standard) return false;
    const feature = FEATURES.find((one) => one.isUsedBy(node));
    const mode = feature ? settings[feature.setting] : 'enable';
    if (!feature || mode === 'enable') return true;
    if (mode === 'error') {
      diagnostics.error(
        node.span,
        `${feature.name} feature is not enabled by default. To enable this unstable feature, ` +
          `set the config flag to enable. ${feature.setting}=enable`,
      );
    } else if (!warned.has(feature)) {
      warned.add(feature);
      diagnostics.warning(
        undefined,
        `Script is using an unstable feature: ${feature.name}. To prevent this warning you must explicitly ` +
          `enable it in the config e.g. ${feature.setting}=enable`,
      );
    }
    return true;
  });
}
