/** Names of the kernel's allocation flags (linux/gfp_types.h, trace/events/mmflags.h), for printf's %gr. */
import type { ByteText } from './printable.ts';

/** By bit; an empty name is a bit that no flag has. */
const BITS =
  'DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO . DIRECT_RECLAIM KSWAPD_RECLAIM WRITE NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT ZEROTAGS SKIP_ZERO SKIP_KASAN NO_OBJ_EXT'.split(
    ' ',
  );

const mask = (names: string): number => names.split(' ').reduce((bits, name) => bits | (1 << BITS.indexOf(name)), 0);

/** Combinations first and the larger ones before those they contain: what is left over shows by itself. */
function makeNames(): readonly (readonly [number, ByteText])[] {
  const reclaim = mask('DIRECT_RECLAIM KSWAPD_RECLAIM');
  const user = reclaim | mask('IO FS HARDWALL');
  const movable = user | mask('HIGHMEM MOVABLE SKIP_KASAN');
  const hugeLight = (movable | mask('COMP NOMEMALLOC NOWARN')) & ~reclaim;
  const combined: [number, ByteText][] = [
    [hugeLight | mask('DIRECT_RECLAIM'), 'GFP_TRANSHUGE'],
    [hugeLight, 'GFP_TRANSHUGE_LIGHT'],
    [movable, 'GFP_HIGHUSER_MOVABLE'],
    [user | mask('HIGHMEM'), 'GFP_HIGHUSER'],
    [user, 'GFP_USER'],
    [reclaim | mask('IO FS ACCOUNT'), 'GFP_KERNEL_ACCOUNT'],
    [reclaim | mask('IO FS'), 'GFP_KERNEL'],
    [reclaim | mask('IO'), 'GFP_NOFS'],
    [mask('HIGH KSWAPD_RECLAIM'), 'GFP_ATOMIC'],
    [reclaim, 'GFP_NOIO'],
    [mask('KSWAPD_RECLAIM NOWARN'), 'GFP_NOWAIT'],
    [mask('DMA'), 'GFP_DMA'],
  ];
  const single = ['HIGHMEM', 'DMA32', ...'HIGH IO FS ZERO DIRECT_RECLAIM KSWAPD_RECLAIM WRITE NOWARN'.split(' ')];
  single.push(...BITS.slice(BITS.indexOf('RETRY_MAYFAIL')));
  return [
    ...combined,
    ...single.map((name): [number, ByteText] => [mask(name), name === 'DMA32' ? 'GFP_DMA32' : `__GFP_${name}`]),
  ];
}

let names: readonly (readonly [number, ByteText])[] | undefined;

export function gfpFlags(flags: bigint): ByteText {
  if (flags === 0n) return '0';
  names ??= makeNames();
  const parts: ByteText[] = [];
  let left = flags;
  for (const [bits, name] of names) {
    const flag = BigInt(bits);
    if ((left & flag) !== flag) continue;
    parts.push(name);
    left &= ~flag;
  }
  if (left !== 0n) parts.push(`0x${left.toString(16)}`);
  return parts.join('|');
}
