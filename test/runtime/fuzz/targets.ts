/** What is fuzzed: one row a parser, with the files that its inputs are made from. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PebbleError } from '../../../src/base/errors.ts';
import { alignOf, Btf, cDefinition, findField, formatValue, parseBtfExt, sizeOf } from '../../../src/bpf/btf/index.ts';
import { BTF_STEPS, simplifyBtf } from '../../../src/bpf/btf/simplify.ts';
import {
  buildId,
  CodeSymbols,
  debugFileCandidates,
  debugLink,
  Elf,
  parseUsdtArguments,
  readRelocations,
  usdtSites,
} from '../../../src/bpf/elf/index.ts';
import { parseNotes } from '../../../src/bpf/elf/notes.ts';
import { BpfObject } from '../../../src/bpf/object/index.ts';
import { readLocalTypes } from '../../../src/bpf/object/local-types.ts';
import { CAUSES } from '../../../src/bpf/programs/verifier-causes.ts';
import { summarize } from '../../../src/bpf/programs/verifier-log.ts';
import { KernelSymbols } from '../../../src/bpf/symbols/kernel.ts';
import { findMapping, parseMaps } from '../../../src/bpf/symbols/maps.ts';
import { PerfMap } from '../../../src/bpf/symbols/perf-map.ts';
import { parseCpuList } from '../../../src/bpf/sys/cpus.ts';
import { smallKernel } from '../../../src/bpf/testing/object-kernel.ts';
import { UnwindTable } from '../../../src/bpf/unwind/cfi/index.ts';
import { simpleRows } from '../../../src/bpf/unwind/simple-rows.ts';
import { x86Length } from '../../../src/tracer/host/x86-length.ts';
import { AGENT_TARGETS } from './agent-targets.ts';

export interface Target {
  readonly name: string;
  /** Mutated by tokens instead of bytes. */
  readonly text?: true;
  seeds(): Buffer[];
  /**
   * May refuse the bytes with a PebbleError that is no bug of ours; anything else that it throws is a finding.
   * Parsers that take everything say in a few words what they understood.
   */
  run(bytes: Buffer): unknown;
}

const CORPUS = new URL('corpus/', import.meta.url);
const TESTDATA = new URL('../../../src/bpf/elf/testdata/', import.meta.url);

function filesOf(folder: URL, matching = /./): Buffer[] {
  const names = readdirSync(folder).filter((name) => matching.test(name));
  return names.sort().map((name) => readFileSync(fileURLToPath(new URL(name, folder))));
}

const corpus = (name: string) => () => filesOf(new URL(`${name}/`, CORPUS));
const lines = (name: string) => () =>
  corpus(name)().flatMap((file) =>
    file
      .toString('latin1')
      .split('\n')
      .filter(Boolean)
      .map((line) => Buffer.from(line)),
  );
const objects = corpus('object');
const elfFiles = () => [...corpus('elf')(), ...filesOf(TESTDATA, /\.so$/), ...objects().slice(0, 3)];
const sections = (name: string, files: () => Buffer[]) => () =>
  files().flatMap((file) => {
    const elf = Elf.parse(file);
    const section = elf.section(name);
    return section === undefined ? [] : [Buffer.from(elf.read(section))];
  });

/** Its own part of an input, so that what the first function refuses does not hide the second from us. */
function each(...parts: readonly (() => unknown)[]): void {
  let refused: unknown;
  for (const part of parts) {
    try {
      part();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused = error;
    }
  }
  if (refused !== undefined) throw refused;
}

export function isRefusal(error: unknown): error is PebbleError {
  return error instanceof PebbleError && error.code !== 'internal';
}

const kernel = smallKernel();
let wholeObject: { readonly btf: Btf; readonly ext: Buffer } | undefined;

/** The types that .BTF.ext of the first object speaks about. */
function typesOfExt(): Btf {
  wholeObject ??= { btf: Btf.parse(sections('.BTF', objects)()[0]!), ext: sections('.BTF.ext', objects)()[0]! };
  return wholeObject.btf;
}

export const TARGETS: readonly Target[] = [
  {
    name: 'elf',
    seeds: elfFiles,
    run(bytes) {
      const elf = Elf.parse(bytes, 'fuzzed');
      each(
        () => buildId(elf),
        () => [debugLink(elf), debugFileCandidates(elf, '/usr/bin/fuzzed')],
        () => readRelocations(elf),
        () => elf.symbolTables().map((table) => [table.find('inner'), [...table.functions()]]),
        () => new CodeSymbols(elf).locate(0x268),
        () => elf.sections.map((section) => elf.read(section)),
        () => elf.sections.map(({ offset }) => elf.fileOffset(elf.address(offset) ?? 0)),
      );
    },
  },
  {
    name: 'stapsdt',
    seeds: () => [...filesOf(TESTDATA, /\.so$/)],
    run: (bytes) => usdtSites(Elf.parse(bytes, 'fuzzed')),
  },
  {
    name: 'notes',
    seeds: sections('.note.stapsdt', () => filesOf(TESTDATA, /\.so$/)),
    run: (bytes) =>
      each(
        () => parseNotes(bytes, 4, 'fuzzed'),
        () => parseNotes(bytes, 8, 'fuzzed'),
      ),
  },
  {
    name: 'usdt-arguments',
    text: true,
    seeds: lines('usdt-arguments'),
    run(bytes) {
      const text = bytes.toString('latin1');
      const context = { address: 0x1000, symbolAddress: (name: string) => (name.length % 2 ? 0x4000 : undefined) };
      const both = [parseUsdtArguments(text, 'x86_64', context), parseUsdtArguments(text, 'arm64')];
      return both
        .map((list) => list.map(({ kind }) => kind[0]).join(''))
        .join(' ')
        .slice(0, 40);
    },
  },
  {
    name: 'eh-frame',
    seeds: elfFiles,
    run(bytes) {
      const elf = Elf.parse(bytes, 'fuzzed');
      const table = new UnwindTable(elf);
      for (const { address, size } of elf.sections) {
        for (const at of [address, address + 1, address + Math.floor(size / 2), address + size]) table.find(at);
      }
      simpleRows(table);
    },
  },
  {
    name: 'x86-length',
    seeds: elfFiles,
    run(bytes) {
      let [at, found] = [0, 0];
      while (at < bytes.length) {
        const length = x86Length(bytes, at);
        if (length !== undefined && !(length > 0 && length <= 15)) throw new TypeError(`${length} bytes at ${at}`);
        found += length === undefined ? 0 : 1;
        at += length ?? 1;
      }
      return `${Math.round(Math.log2(found + 1))}`;
    },
  },
  { name: 'btf', seeds: sections('.BTF', objects), run: readWholeBtf },
  {
    name: 'btf-ext',
    seeds: sections('.BTF.ext', objects),
    run: (bytes) => parseBtfExt(bytes, typesOfExt()),
  },
  {
    name: 'object',
    seeds: objects,
    run: (bytes) => BpfObject.parse(bytes, 'fuzzed').spec(kernel),
  },
  {
    name: 'local-types',
    seeds: () => objects().filter((bytes) => Elf.parse(bytes).section('.debug_info') !== undefined),
    run: (bytes) => readLocalTypes(Elf.parse(bytes, 'fuzzed')),
  },
  {
    name: 'verifier-log',
    text: true,
    seeds: corpus('verifier-log'),
    run(bytes) {
      const { telling } = summarize(bytes.toString('utf8'));
      return CAUSES.flatMap(({ says }, i) => (says.test(telling) ? [i] : [])).join(' ');
    },
  },
  {
    name: 'process-maps',
    text: true,
    seeds: corpus('maps'),
    run: (bytes) => findMapping(parseMaps(bytes.toString('utf8')), 0x7f0000000800),
  },
  {
    name: 'kallsyms',
    text: true,
    seeds: corpus('kallsyms'),
    run(bytes) {
      const symbols = KernelSymbols.parse(bytes);
      symbols.locate(0xffffffff81b52a12n);
      symbols.addressOf('xt_init');
      for (const _ of symbols.names());
    },
  },
  {
    name: 'perf-map',
    text: true,
    seeds: corpus('perf-map'),
    run: (bytes) => PerfMap.parse(bytes.toString('utf8')).locate(0x7f3c4c000010),
  },
  {
    name: 'cpu-list',
    text: true,
    seeds: () => ['0-3,8', '0', '', '0,2-5,17\n', '0-127'].map((list) => Buffer.from(list)),
    run: (bytes) => parseCpuList(bytes.toString('latin1')),
  },
  ...AGENT_TARGETS,
];

/** Which of the questions some type refused to answer: a function has no size, and most have no such field. */
function readWholeBtf(bytes: Buffer): string {
  const btf = Btf.parse(bytes, { name: 'fuzzed' });
  const zeros = Buffer.alloc(256);
  const questions: readonly ((id: number) => unknown)[] = [
    (id) => [btf.type(id), btf.nameOf(id)],
    (id) => [sizeOf(btf, id), alignOf(btf, id)],
    (id) => findField(btf, id, 'next.low[2]'),
    (id) => cDefinition(btf, id),
    (id) => formatValue(btf, id, zeros),
  ];
  const refused = new Set<number>();
  for (let id = btf.firstId; id < btf.endId; id++) {
    for (const [i, question] of questions.entries()) if (!answers(() => question(id))) refused.add(i);
  }
  for (const step of BTF_STEPS) simplifyBtf(bytes, step);
  return [...refused].sort().join(' ');
}

function answers(question: () => unknown): boolean {
  try {
    question();
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
}
