/**
 * Puts all modules of the program, or of one command, into one file, each as a function that runs when it is first imported. A module
 * costs Node about a quarter of a millisecond and 50 KB to find and link; a function costs nothing until it is called.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const ENTRY = 'cli/main.ts';
/** This file: another bundler makes another bundle. */
const BUNDLER = 'cli/start/bundle.ts';
/** Sources that changed less long ago than this are being worked on. */
const QUIET_MS = 60_000;
/** The lazy imports there are the commands. */
const TABLE = 'cli/table.ts';
/** What is not a command's own. */
export const WHOLE = 'pebble';

interface Module {
  /** Below the folder of the sources. */
  readonly path: string;
  readonly code: string;
}

/**
 * The path of the bundle of that name, a command's or WHOLE; undefined while somebody edits the sources, or when the cache
 * cannot be written. Throws what is wrong with a source that cannot be bundled.
 */
export function bundleOnceQuiet(sources: string, cache: string, name: string): string | undefined {
  if (Date.now() - newestChange(sources) < QUIET_MS) return undefined;
  const modules = collect(sources, name);
  const files = [...modules.map(({ path }) => path), BUNDLER].map((path) => {
    const { mtimeMs, size } = statSync(sources + path);
    return [path, mtimeMs, size] as const;
  });
  const text = bundleText(sources, modules);
  try {
    return save(text, files, cache, name);
  } catch {
    return undefined;
  }
}

/** What is gone again, or an editor's mark, is a change of this moment. */
function newestChange(sources: string): number {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return Math.max(...files.map((path) => statSync(sources + path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()));
}

/** Written beside and then renamed: several processes may do this at once. */
function save(text: string, files: readonly unknown[], cache: string, name: string): string {
  mkdirSync(cache, { recursive: true });
  const file = `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.js`;
  const bundle = join(cache, file);
  for (const old of readdirSync(cache)) if (old.startsWith(`${name}-`) && old !== file) rmSync(join(cache, old));
  put(bundle, text);
  put(join(cache, `${name}.json`), JSON.stringify({ node: process.version, bundle: file, files }));
  return bundle;
}

function put(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Biome puts every import and export at the start of a line, with single quotes. */
const FROM = /^(import|export)\s+(?:([^;'"]*?)\sfrom\s+)?'([^']+)';?/gm;
const LAZY = /\b(?:import|load)\('(\.[^']+\.ts)'\)/g;

/** All modules that the entry reaches, imported now or later, by way of that command alone if it is one; those that others import come first. */
export function collect(sources: string, name: string): Module[] {
  const seen = new Set<string>();
  const modules: Module[] = [];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const code = stripTypeScriptTypes(readFileSync(sources + path, 'utf8'));
    for (const [, , , specifier] of code.matchAll(FROM)) {
      if (specifier!.startsWith('.')) visit(join(dirname(path), specifier!));
    }
    const later = [...code.matchAll(LAZY)].map(([, specifier]) => join(dirname(path), specifier!));
    const isWanted = (found: string) => path !== TABLE || name === WHOLE || found === `cli/commands/${name}.ts`;
    later.filter(isWanted).forEach(visit);
    modules.push({ path, code });
  };
  visit(ENTRY);
  return modules;
}

/** The runtime: modules by path, made when first wanted; packages and Node's own are required as from the module's file. */
const RUNTIME = `
const { createRequire: $createRequire } = process.getBuiltinModule('node:module');
const { pathToFileURL: $fileUrl } = process.getBuiltinModule('node:url');
const $made = new Map();
const $makers = new Map();
const $get = (path) => {
  let made = $made.get(path);
  if (made === undefined) {
    $made.set(path, (made = {}));
    $makers.get(path)(made);
  }
  return made;
};
const $join = (from, specifier) => {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) part === '..' ? parts.pop() : part === '.' || parts.push(part);
  return parts.join('/');
};
const $requireFrom = (root, path) => {
  const require = $createRequire(root + path);
  const load = (specifier) => {
    const own = specifier.startsWith('.') ? $join(path, specifier) : undefined;
    return own !== undefined && $makers.has(own) ? $get(own) : require(specifier);
  };
  return Object.assign(load, require);
};
const $meta = (root, path) => ({
  url: $fileUrl(root + path).href,
  dirname: root + path.slice(0, path.lastIndexOf('/')),
  filename: root + path,
  main: false,
  resolve: (specifier) => {
    const found = $createRequire(root + path).resolve(specifier);
    return found.startsWith('/') ? $fileUrl(found).href : found;
  },
});
const $root = ROOT;
`;

/**
 * An expression, since V8's code for a script is taken faster than that for a module: a function of what imports packages, which are
 * not found from where the bundle lies. The entry's code stands at its end, and may wait.
 */
export function bundleText(sources: string, modules: readonly Module[]): string {
  // In parentheses: V8 then compiles them at once, so that the compile cache has them whatever command fills it.
  const parts = modules.map((module) => {
    const code = rewrite(module);
    return module.path === ENTRY ? code : `$makers.set('${module.path}', (function ($exports) {${code}\n}));`;
  });
  const runtime = RUNTIME.replace('ROOT', JSON.stringify(sources));
  return inOneByte(`(async ($import) => {'use strict';${runtime}${parts.join('\n')}\n})`);
}

/** V8 keeps the source, two bytes a character once Node has read a single one beyond ASCII: as escapes they mean the same in texts, patterns and comments. */
const inOneByte = (text: string): string =>
  text
    // The stripper leaves wide blanks where a type was.
    .replace(/[\u00a0\u2000-\u200a\u3000]/g, ' ')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function rewrite({ path, code }: Module): string {
  const exported: string[] = [];
  const text = code
    .replace(FROM, (_, keyword: string, clause: string | undefined, specifier: string) =>
      importText(keyword, clause, sourceOf(path, specifier)),
    )
    .replace(/^export\s+((?:async\s+)?function\s*\*?|class|const)\s+([\w$]+)/gm, (_, kind: string, name: string) => {
      exported.push(`$exports.${name} = ${name};`);
      return `${kind} ${name}`;
    })
    .replace(/^export\s+(\{[^}]*\});?/gm, (_, names: string) => {
      exported.push(...namesOf(names).map(([own, as]) => `$exports.${as} = ${own};`));
      return '';
    })
    .replace(/\bimport\('(\.[^']+\.ts)'\)/g, (_, specifier: string) => {
      return `Promise.resolve().then(() => $get('${join(dirname(path), specifier)}'))`;
    })
    .replace(/(?<![.#\w$])import\(/g, () => '$import(')
    .replaceAll('createRequire(import.meta.url)', `$requireFrom($root, '${path}')`)
    .replaceAll('import.meta', `$meta($root, '${path}')`);
  const odd = /^export\b.*$/m.exec(text);
  if (odd) throw new SyntaxError(`src/${path}: cannot bundle "${odd[0]}": write each export by itself`);
  return `${text}\n${exported.join('')}`;
}

/**
 * An expression for the exports of a module. Node's own are asked for where they are used: an import statement would
 * load them all at the start, and read every one of their exports (node:http's bring the whole of fetch: 50 ms).
 */
function sourceOf(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return `$get('${join(dirname(path), specifier)}')`;
  if (specifier.startsWith('node:')) return `process.getBuiltinModule('${specifier}')`;
  return `$requireFrom($root, '${path}')('${specifier}')`;
}

function importText(keyword: string, clause: string | undefined, source: string): string {
  if (clause === undefined) return `${source};`;
  const whole = /^\*(?:\s+as\s+([\w$]+))?$/.exec(clause.trim());
  if (keyword === 'import') {
    if (whole) return `const ${whole[1]} = ${source};`;
    const names = namesOf(clause).map(([name, as]) => (name === as ? name : `${name}: ${as}`));
    return names.length === 0 ? `${source};` : `const { ${names.join(', ')} } = ${source};`;
  }
  if (whole) return whole[1] ? `$exports.${whole[1]} = ${source};` : `Object.assign($exports, ${source});`;
  return namesOf(clause)
    .map(([name, as]) => `$exports.${as} = ${source}.${name};`)
    .join('');
}

/** `{ a, b as c }` as pairs; a name alone is the default export. */
function namesOf(clause: string): (readonly [name: string, as: string])[] {
  const text = clause.trim();
  if (/^[\w$]+$/.test(text)) return [['default', text]];
  return text
    .replace(/[{}]/g, '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name, as = name] = part.split(/\s+as\s+/);
      return [name!, as!] as const;
    });
}
