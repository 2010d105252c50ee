/** What became different between two looks at a cluster, as events. */
import type { CatalogEvent, CatalogFacts } from '../api/index.ts';

type Change = Pick<CatalogEvent, 'at' | 'kind' | 'what'>;

export function changesBetween(before: CatalogFacts, after: CatalogFacts): Change[] {
  return [...serverChanges(before, after), ...settingChanges(before, after), ...tableChanges(before, after)];
}

function serverChanges(before: CatalogFacts, after: CatalogFacts): Change[] {
  const changes: Change[] = [];
  if (after.started !== before.started)
    changes.push({ at: after.started, kind: 'restart', what: 'PostgreSQL was started' });
  else if (after.config_loaded !== before.config_loaded)
    changes.push({ at: after.config_loaded, kind: 'reload', what: 'the configuration was reloaded' });
  if (after.role !== before.role)
    changes.push({ at: after.at, kind: 'role', what: `this server is a ${after.role} now, and was a ${before.role}` });
  return changes;
}

function settingChanges(before: CatalogFacts, after: CatalogFacts): Change[] {
  const names = new Set([...Object.keys(before.settings), ...Object.keys(after.settings)]);
  return [...names].flatMap((name): Change[] => {
    const [old, now] = [before.settings[name], after.settings[name]];
    const what = `${name} is ${now ?? 'its default'} now, and was ${old ?? 'its default'}`;
    return old === now ? [] : [{ at: after.config_loaded, kind: 'setting', what }];
  });
}

function tableChanges(before: CatalogFacts, after: CatalogFacts): Change[] {
  const known = new Map(before.vacuum.map((table) => [nameOf(table), table]));
  return after.vacuum.flatMap((table) => {
    const old = known.get(nameOf(table));
    return [
      ...momentOf('vacuum', 'vacuumed', table, old?.last_vacuum, table.last_vacuum, before.at),
      ...momentOf('analyze', 'analyzed', table, old?.last_analyze, table.last_analyze, before.at),
    ];
  });
}

type Table = CatalogFacts['vacuum'][number];

const nameOf = ({ database, relation }: Table): string => `${relation} in ${database}`;

/** What was not listed before counts as new only where it happened since. */
function momentOf(
  kind: 'vacuum' | 'analyze',
  verb: string,
  table: Table,
  old: string | null | undefined,
  now: string | null,
  since: string,
): Change[] {
  if (now === null || now === old || now <= since) return [];
  return [{ at: now, kind, what: `${nameOf(table)} was ${verb}` }];
}
