/** The dashboard's files: browsers get our TypeScript with the types stripped, and Preact as it is installed. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly body: Buffer | string;
}

const DASHBOARD = new URL('../dashboard/', import.meta.url);
/** Formatting is the same in the terminal and on the page. */
const SHARED = /^base\/(units|time)\.ts$/;
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
/** Names of files below src/dashboard: no dots but the ending's, so no way out. */
const NAME = /^[a-z0-9-]+(\/[a-z0-9-]+)*\.(html|css|ts|svg)$/;

const cache = new Map<string, Asset | undefined>();

/** The file of a path like `/main.ts`; nothing for what is not part of the dashboard. */
export function assetAt(path: string): Asset | undefined {
  if (!cache.has(path)) cache.set(path, load(path));
  return cache.get(path);
}

function load(path: string): Asset | undefined {
  const found = Object.entries(PACKAGES).find(([, served]) => served === path);
  if (found) return { type: TYPES.mjs!, body: withServedImports(readFileSync(packageFile(found[0]), 'utf8')) };
  const name = path === '/' ? 'index.html' : path.slice(1);
  if (!NAME.test(name) || name.endsWith('.test.ts')) return undefined;
  const ending = name.slice(name.lastIndexOf('.') + 1);
  try {
    const text = readFileSync(new URL(SHARED.test(name) ? `../${name}` : name, DASHBOARD), 'utf8');
    return { type: TYPES[ending]!, body: ending === 'ts' ? withServedImports(stripTypeScriptTypes(text)) : text };
  } catch {
    return undefined;
  }
}

const packageFile = (name: string): string => fileURLToPath(import.meta.resolve(name));

/** Browsers resolve no bare names, and an import map would need an inline script. */
function withServedImports(code: string): string {
  return code.replace(
    /(\bfrom\s*|\bimport\s*)(["'])(preact(?:\/hooks)?)\2/g,
    (_, keyword, quote, name) => `${keyword}${quote}${PACKAGES[name]}${quote}`,
  );
}
