/** What threads of ours need where they start: an installed package has to strip its types in each of them. */

/** For `new Worker`; `execArgv` replaces what it inherits. */
export function threadOptions(): { readonly execArgv?: string[] } {
  const strip = new URL('../cli/start/strip.js', import.meta.url).href;
  const isStripped =
    !import.meta.url.includes('/node_modules/') || process.execArgv.some((each) => each.endsWith('strip.js'));
  return isStripped ? {} : { execArgv: [...process.execArgv, `--import=${strip}`] };
}
