import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Elf } from '../elf/index.ts';
import { demangle } from './demangle.ts';

test('names of both languages', () => {
  const names: Readonly<Record<string, string>> = {
    _ZN3foo3barEv: 'foo::bar()',
    'foo::bar': 'foo::bar',
    _ZNKSt6vectorIiSaIiEE4sizeEv: 'std::vector<int, std::allocator<int> >::size() const',
    '_ZN3foo3barEv.isra.0.cold': 'foo::bar() [clone .isra.0] [clone .cold]',
    _ZN12_GLOBAL__N_14workEi: '(anonymous namespace)::work(int)',
    _ZN4core3fmt9Formatter3pad17h05af221e174051e9E: 'core::fmt::Formatter::pad',
    '_ZN4core3ptr8non_null16NonNull$LT$T$GT$3new17h8d4f9b3992964abeE.llvm.123': 'core::ptr::non_null::NonNull<T>::new',
    _RNvNtCs1234_7mycrate3foo3bar: 'mycrate::foo::bar',
    _Znwm: 'operator new(unsigned long)',
  };
  for (const [mangled, readable] of Object.entries(names)) assert.equal(demangle(mangled), readable);
});

test('what is no mangled name stays as it is', () => {
  for (const name of [
    '',
    'main',
    '_start',
    '_Z',
    '_R',
    '_Zfoo',
    '_Restore',
    'ZN3foo3barEv',
    '_ZN3foo',
    '?f@@YAHXZ',
    '_Zé',
  ]) {
    assert.equal(demangle(name), name);
  }
});

test('mutated names neither hang nor trap', () => {
  const seeds = [
    '_ZNKSt6vectorIiSaIiEE4sizeEv',
    '_RINvMNtCsgEmfK2I1SDS_4core5sliceSh11copy_withinE',
    '_ZN1fIXadL_Z1gvEEEEvv',
  ];
  const letters = '_ZNKSIiEtLXJ0123456789aBvPR$.';
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const name = seeds[random(seeds.length)]!.split('');
    for (let n = random(4); n >= 0; n--) name.splice(random(name.length), random(3), letters[random(letters.length)]!);
    demangle(name.join(''));
  }
  assert.equal(demangle('_ZN3foo3barEv'), 'foo::bar()');
});

const skip = spawnSync('c++filt', ['--version']).status === 0 ? false : 'c++filt is not installed';

/** The library leaves out return types and Rust's hashes, and spells constants, thunks and streams in other ways. */
function comparable(name: string): string {
  return name
    .replaceAll(/\((?:unsigned )?(?:long|int)\)(-?\d+)/g, '$1')
    .replaceAll(/(\d)u?l?(?=[,> ])/g, '$1')
    .replaceAll('(bool)1', 'true')
    .replaceAll('(bool)0', 'false')
    .replaceAll(/std::basic_([io]stream)<char, std::char_traits<char> >/g, 'std::$1')
    .replaceAll('decltype(nullptr)', 'std::nullptr_t')
    .replace(/^(?:non-)?virtual thunk to (.*)/, '$1')
    .replace(/^\{virtual override thunk\(\{offset\(-?\d+\)\}, (.*)\)\}/, '$1')
    .replace(/::h[0-9a-f]{16}$/, '')
    .replaceAll(/ (?=[>(])/g, '');
}

test('the functions of Node have the names that c++filt gives them', { skip }, () => {
  const elf = Elf.open(process.execPath);
  const mangled = [...elf.symbolTables()[0]!.functions()]
    .map(({ name }) => name)
    .filter((name) => name.startsWith('_Z'));
  elf.close();
  assert.ok(mangled.length > 10_000);
  const some = mangled.filter((_, i) => i % 5 === 0);
  const expected = execFileSync('c++filt', { input: some.join('\n'), maxBuffer: 1 << 28, encoding: 'utf8' }).split(
    '\n',
  );
  const same = some.filter((name, i) => comparable(expected[i]!).endsWith(comparable(demangle(name))));
  // The rest: constraints of C++20, which stay mangled, and empty packs of parameters.
  assert.ok(same.length > 0.95 * some.length, `${same.length} of ${some.length}`);
});
