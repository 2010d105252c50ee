/** Strips the types of an installed Pebble: below node_modules Node itself refuses to. */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const OURS = new URL('../../', import.meta.url).href;

// Node warns at the first use, in whatever program imports the library: what depends on it is this file.
const { emitWarning } = process;
process.emitWarning = () => {};
stripTypeScriptTypes('');
process.emitWarning = emitWarning;

registerHooks({
  load(url, context, next) {
    const { href, pathname } = new URL(url);
    if (!href.startsWith(OURS) || !pathname.endsWith('.ts')) return next(url, context);
    const source = stripTypeScriptTypes(readFileSync(fileURLToPath(new URL(pathname, url)), 'utf8'));
    return { format: 'module', source, shortCircuit: true };
  },
});
