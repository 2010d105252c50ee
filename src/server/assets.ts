/** The dashboard's files: browsers get our TypeScript with the types stripped, and Preact as it is installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly body: Buffer | string;
}

const DASHBOARD = new URL('../dashboard/', import.meta.url);
/** Formatting is the same in the terminal and on the page, and facets are the API's. */
const SHARED = ['base/units.ts', 'base/time.ts', 'api/facets.ts'];
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
/** Bare imports of the dashboard, and where they are served. */
const PACKAGES: Readonly<Record<string, string>> = {
  preact: '/packages/preact.mjs',
  'preact/hooks': '/packages/preact-hooks.mjs',
};
/** Pages that have an address without an ending. */
const PAGES: Readonly<Record<string, string>> = { '/': 'index.html', '/sign-in': 'sign-in.html' };
/** Names of files below src/dashboard: no dots but the ending's, so no way out. */
const NAME = /^[a-z0-9-]+(\/[a-z0-9-]+)*\.(html|css|ts|svg)$/;
const ENTRY = '/main.ts';

const cache = new Map<string, Asset | undefined>();

/** The file of a path like `/main.ts`; nothing for what is not part of the dashboard. */
export function assetAt(path: string): Asset | undefined {
  if (!cache.has(path)) cache.set(path, load(path));
  return cache.get(path);
}

/** Every script that a page may ask for. */
export function scriptPaths(): string[] {
  const files = readdirSync(DASHBOARD, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const own = files.filter((name) => !name.endsWith('.test.ts')).map((name) => `/${name}`);
  return [...own, ...Object.values(PACKAGES), ...SHARED.map((name) => `/${name}`)];
}

function load(path: string): Asset | undefined {
  const found = Object.entries(PACKAGES).find(([, served]) => served === path);
  if (found) return { type: TYPES.mjs!, body: withServedImports(readFileSync(packageFile(found[0]), 'utf8')) };
  const name = PAGES[path] ?? path.slice(1);
  if (!NAME.test(name) || name.endsWith('.test.ts')) return undefined;
  const ending = name.slice(name.lastIndexOf('.') + 1);
  try {
    const text = readFileSync(new URL(SHARED.includes(name) ? `../${name}` : name, DASHBOARD), 'utf8');
    return { type: TYPES[ending]!, body: bodyOf(ending, text) };
  } catch {
    return undefined;
  }
}

function bodyOf(ending: string, text: string): string {
  if (ending === 'ts') return withServedImports(stripTypeScriptTypes(text));
  return ending === 'html' ? text.replace('<!-- preloads -->', preloads) : text;
}

/** All at once: a browser would learn of each module only from the one that imports it. */
function preloads(): string {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const body = seen.has(path) ? undefined : assetAt(path)?.body;
    if (body === undefined) return;
    seen.add(path);
    for (const [, specifier] of String(body).matchAll(STATIC)) visit(posix.resolve(posix.dirname(path), specifier!));
  };
  visit(ENTRY);
  return [...seen].map((path) => `<link rel="modulepreload" href="${path}">`).join('\n    ');
}

const STATIC = /^(?:import|export)\s[^;'"]*?["']([./][^"']+)["']/gm;

const packageFile = (name: string): string => fileURLToPath(import.meta.resolve(name));

/** Browsers resolve no bare names, and an import map would need an inline script. */
function withServedImports(code: string): string {
  return code.replace(
    /(\bfrom\s*|\bimport\s*)(["'])(preact(?:\/hooks)?)\2/g,
    (_, keyword, quote, name) => `${keyword}${quote}${PACKAGES[name]}${quote}`,
  );
}
