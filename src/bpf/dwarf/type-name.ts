/** Types as C text, in the style that bpftrace lists arguments in: `const char*`, `struct Foo*`, `int (*)(void)`. */
import type { ArrayType, DwarfType, FunctionType } from './type.ts';

/** What a damaged file could nest: the text ends there. */
const MAX_DEPTH = 50;

export function typeText(type: DwarfType, depth = 0): string {
  if (depth > MAX_DEPTH) return '...';
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'base':
    case 'typedef':
      return type.name;
    case 'struct':
      return `${type.tag} ${type.name || '<anonymous>'}`;
    case 'enum':
      return `enum ${type.name || '<anonymous>'}`;
    case 'pointer':
      return pointerText(type.to, type.sigil, depth);
    case 'qualified': {
      const inner = typeText(type.of, depth + 1);
      // A qualifier of a pointer stands behind its star.
      return type.of.kind === 'pointer' ? `${inner} ${type.qualifier}` : `${type.qualifier} ${inner}`;
    }
    case 'array':
      return arrayText(type, '', depth);
    case 'function':
      return functionText(type, '', depth);
  }
}

function pointerText(to: DwarfType, sigil: string, depth: number): string {
  if (to.kind === 'function') return functionText(to, `(${sigil})`, depth);
  if (to.kind === 'array') return arrayText(to, `(${sigil})`, depth);
  return `${typeText(to, depth + 1)}${sigil}`;
}

function arrayText(type: ArrayType, name: string, depth: number): string {
  let element: DwarfType = type;
  let bounds = '';
  for (let i = 0; element.kind === 'array' && i < MAX_DEPTH; i++) {
    bounds += `[${element.length || ''}]`;
    element = element.of;
  }
  return `${typeText(element, depth + 1)}${name && ` ${name}`}${bounds}`;
}

function functionText(type: FunctionType, name: string, depth: number): string {
  const parameters = type.parameters.map((parameter) => typeText(parameter, depth + 1));
  if (type.variadic) parameters.push('...');
  return `${typeText(type.returns, depth + 1)} ${name}(${parameters.join(', ') || 'void'})`;
}
