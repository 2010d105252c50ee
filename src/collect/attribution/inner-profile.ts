/** What inner.bt must know of a cluster to tell which statement a function, trigger or foreign-key check executes. */
import { type Elf, functionsMentioning } from '../../bpf/elf/index.ts';
import { type DiscoveredCluster, openLanguage, withServerImage } from '../../postgres/discover/index.ts';
import { type Profile, resolveProfile, type ServerImage } from '../../postgres/layout/index.ts';

/** `struct inner_profile` of inner.bt; `context_stack` 0: nothing is known of inner statements. */
export interface InnerProfile {
  readonly context_stack: bigint;
  readonly code_start: bigint;
  readonly code_end: bigint;
  readonly spi: bigint;
  readonly sql: bigint;
  readonly active_portal: bigint;
  readonly query_string: bigint;
  readonly plpgsql_code: bigint;
  readonly plpgsql_page: number;
  readonly portal_text: number;
  readonly spi_by_record: number;
  readonly function_info: number;
  readonly function_source: number;
  readonly signature: number;
}

/** Pushed on error_context_stack: static functions, which stripped programs have no names for. */
const CALLBACKS = {
  /** src/backend/executor/spi.c */
  spi: { name: '_SPI_error_callback', mentions: 'SQL statement "%s"' },
  /** src/backend/executor/functions.c */
  sql: { name: 'sql_exec_error_callback', mentions: 'SQL function "%s" statement %d' },
  /** src/pl/plpgsql/src/pl_exec.c */
  plpgsql: { name: 'plpgsql_exec_error_callback', mentions: 'PL/pgSQL function %s line %d at %s' },
} as const;

export function innerProfile(cluster: DiscoveredCluster): InnerProfile {
  return withServerImage(cluster, (image) => {
    const profile = resolveProfile(image);
    return { ...placesOf(image, profile), ...fieldsOf(profile), ...plpgsqlOf(cluster) };
  });
}

function placesOf(image: ServerImage, { addresses }: Profile) {
  const find = ({ name, mentions }: { readonly name: string; readonly mentions: string }): bigint =>
    BigInt(image.symbol(name) ?? image.mentioning(mentions) ?? 0);
  return {
    context_stack: BigInt(addresses.error_context_stack ?? 0),
    code_start: BigInt(image.code.start),
    code_end: BigInt(image.code.end),
    spi: find(CALLBACKS.spi),
    sql: find(CALLBACKS.sql),
    active_portal: BigInt(addresses.ActivePortal ?? 0),
    query_string: BigInt(addresses.debug_query_string ?? 0),
  };
}

/**
 * What callbacks are given. SPI: the text, from 14 on a SPICallbackArg that begins with it. SQL functions: a FmgrInfo
 * whose fn_extra is the SQLFunctionCache {fname, src}; on 18 that cache itself, which begins with a pointer to
 * {CachedFunction (40 bytes), fname, src}. PL/pgSQL: a PLpgSQL_execstate, which begins with a pointer to the
 * PLpgSQL_function, which begins with fn_signature; on 18 with a CachedFunction before it.
 */
function fieldsOf({ major, layout }: Profile) {
  const isCached = major >= 18;
  return {
    portal_text: layout.offsets.PortalData.sourceText,
    spi_by_record: Number(major >= 14),
    function_info: isCached ? 0 : 24,
    function_source: isCached ? 48 : 8,
    signature: isCached ? 40 : 0,
  };
}

/** The library lies elsewhere in every process: its callback is known by its place in a page and by its code. */
function plpgsqlOf(cluster: DiscoveredCluster): Pick<InnerProfile, 'plpgsql_page' | 'plpgsql_code'> {
  const library = openLanguage(cluster, 'plpgsql');
  const { name, mentions } = CALLBACKS.plpgsql;
  const start = library && firstOf(library, name, mentions);
  const offset = start === undefined ? undefined : library?.fileOffset(start);
  if (!library || start === undefined || offset === undefined) return { plpgsql_page: 0, plpgsql_code: 0n };
  return { plpgsql_page: start & 0xfff, plpgsql_code: library.source.read(offset + CODE_OFFSET, 8).readBigUInt64LE() };
}

/** Behind what a probe at the start may have changed. */
const CODE_OFFSET = 8;

const firstOf = (library: Elf, name: string, mentions: string): number | undefined =>
  library.symbolTables().flatMap((table) => table.find(name) ?? [])[0]?.address ??
  functionsMentioning(library, mentions)[0];
