/** What a flame graph's time splits into, by wait and by statement: each a way to a graph of that alone. */
import { type ComponentChild, h } from 'preact';
import type { ProfileRow } from '../../../api/index.ts';
import { formatShare } from '../../../base/units.ts';
import { withFacet } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { oneLine } from '../../ui/sql.ts';
import { swatch } from '../../ui/stack-chart.ts';

const MOST = 10;

interface Split {
  readonly row: ProfileRow;
  us: number;
}

export function Splits({ rows }: { readonly rows: readonly ProfileRow[] }): ComponentChild {
  const { facets } = store.state.place;
  const total = rows.reduce((sum, { time_us }) => sum + time_us, 0);
  if (total === 0) return null;
  const waits = splitsOf(rows, ({ wait_event_type: type, wait_event }) =>
    type === null ? null : `${type} ${wait_event}`,
  );
  const statements = splitsOf(rows, ({ fingerprint }) => fingerprint);
  const share = ({ us }: Split): string => ` ${formatShare(us / total)}`;
  return h('div', { class: 'splits' }, [
    facets.wait_event === undefined &&
      waits.length > 0 &&
      group(
        'only while waiting for',
        waits.map((split) => {
          const { wait_event_type: type, wait_event: event } = split.row;
          const go = (): void => {
            const place = withFacet(store.state.place, 'wait_event_type', type!);
            store.go(withFacet(place, 'wait_event', event!));
          };
          return button(`${type} ${event}`, go, [swatch(type!), `${type} · ${event}`, share(split)]);
        }),
      ),
    facets.fingerprint === undefined &&
      statements.length > 0 &&
      group(
        'only for',
        statements.map((split) => {
          const { fingerprint, query } = split.row;
          const go = (): void => store.go(withFacet(store.state.place, 'fingerprint', fingerprint!));
          return button(fingerprint!, go, [oneLine(query ?? fingerprint!, 50), share(split)]);
        }),
      ),
  ]);
}

/** The largest first. */
function splitsOf(rows: readonly ProfileRow[], keyOf: (row: ProfileRow) => string | null): Split[] {
  const splits = new Map<string, Split>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === null) continue;
    const split = splits.get(key) ?? { row, us: 0 };
    split.us += row.time_us;
    splits.set(key, split);
  }
  return [...splits.values()].sort((a, b) => b.us - a.us).slice(0, MOST);
}

const group = (label: string, buttons: readonly ComponentChild[]): ComponentChild =>
  h('div', { class: 'tools', role: 'group', 'aria-label': label, key: label }, [
    h('span', { class: 'quiet' }, label),
    buttons,
  ]);

const button = (key: string, onClick: () => void, content: ComponentChild): ComponentChild =>
  h('button', { key, type: 'button', 'data-split': key, onClick }, content);
