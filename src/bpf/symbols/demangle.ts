/** C++ and Rust names as their authors wrote them, by gimli's demanglers in WebAssembly: 8 ms for the first name. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What we use of it: Node has it, its types are those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** gecko-profiler-demangle, as wasm-bindgen wrote it; its index.js would need Node's experimental imports of .wasm files. */
interface Library {
  __wbg_set_wasm(exports: object): void;
  demangle_any(name: string): string;
}

/** Itanium C++ ABI and Rust's older scheme; Rust's v0. Others (MSVC, Swift) do not occur in ELF files of servers. */
const MANGLED = /^_(?:Z|R[A-Z])/;
/** Names remembered: the same few come again and again. */
const MAX_KNOWN = 4096;

const known = new Map<string, string>();
let library: Library | undefined;

/** The name itself when it is not mangled, or not understood. */
export function demangle(name: string): string {
  if (!MANGLED.test(name)) return name;
  let readable = known.get(name);
  if (readable === undefined) {
    readable = demangleAnew(name);
    if (known.size === MAX_KNOWN) known.clear();
    known.set(name, readable);
  }
  return readable;
}

function demangleAnew(name: string): string {
  library ??= load();
  try {
    const readable = library.demangle_any(name);
    // What is not understood comes back as for macOS: without the first underscore.
    return readable === name.slice(1) ? name : readable;
  } catch {
    // A trap leaves the instance in no known state.
    library = undefined;
    return name;
  }
}

function load(): Library {
  const require = createRequire(import.meta.url);
  const glue = require('gecko-profiler-demangle/index_bg.js') as Library;
  const module = new WebAssembly.Module(readFileSync(require.resolve('gecko-profiler-demangle/index_bg.wasm')));
  const instance = new WebAssembly.Instance(module, { './index_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return glue;
}
