/** Gives the entries of the package their modules: below node_modules, where Node strips no types, ours are stripped first. */
import * as module from 'node:module';

if (!module.registerHooks || !module.stripTypeScriptTypes) {
  const what = `Node ${process.versions.node} runs no TypeScript as pgpebble needs it`;
  throw new Error(`${what}: use node_modules/.bin/node, which is installed with it`);
}
const require = module.createRequire(import.meta.url);
if (import.meta.url.includes('/node_modules/')) require('../src/cli/start/strip.js');

/** A module of src/. */
export const load = (path) => require(`../src/${path}`);
