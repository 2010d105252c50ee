/** View 7: flame graphs on and off the CPU, by query and wait, also as a difference to an earlier window. */
import { type ComponentChild, h } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ProfileRow } from '../../../api/index.ts';
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { type Earlier, earlierOf, useEarlierRows, useRows } from '../../data/rows.ts';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { saveFile } from '../../ui/copy.ts';
import { Panel } from '../../ui/panel.ts';
import { Search } from '../../ui/search.ts';
import { type Column, Table } from '../../ui/table.ts';
import { FlameGraph } from './graph.ts';
import { Splits } from './splits.ts';
import { TakeProfile } from './take.ts';
import { collapsed, functionsOf, speedscope, treeOf } from './tree.ts';

const KINDS = [
  ['on_cpu', 'on a CPU'],
  ['off_cpu', 'waiting'],
] as const;

export function FlamesView(): ComponentChild {
  const { place } = store.state;
  const kind = KINDS.find(([name]) => name === place.own.kind)?.[0] ?? 'on_cpu';
  const profile = useRows('profile', { kind });
  const earlier = useEarlierRows('profile', { kind });
  const rows = useMemo(() => profile.rows.filter((row) => row.kind === kind), [profile.rows, kind]);
  const before = useMemo(
    () => earlierOf(earlier, (all) => all.filter((row) => row.kind === kind)),
    [earlier?.rows, earlier?.missing, earlier?.isLoading, kind],
  );
  const root = useMemo(() => treeOf(rows, before?.rows), [rows, before]);
  const path = (place.own.path ?? '').split('\n').filter((name) => name !== '');
  const search = (place.own.search ?? '').toLowerCase();
  return h('div', {}, [
    h('div', { class: 'tools' }, [
      h(
        'div',
        { class: 'group', role: 'group', 'aria-label': 'which time' },
        KINDS.map(([name, words]) =>
          h(
            'button',
            {
              key: name,
              type: 'button',
              'aria-pressed': name === kind,
              onClick: () => store.go(withOwn(place, { kind: name, path: '' })),
            },
            words,
          ),
        ),
      ),
      h(TakeProfile, { kind }),
      h(Search, { label: 'search functions' }),
      path.length > 0 &&
        h('button', { type: 'button', onClick: () => store.go(withOwn(place, { path: '' })) }, 'zoom out'),
      h(
        'button',
        {
          type: 'button',
          disabled: rows.length === 0,
          onClick: () => saveFile('pebble.speedscope.json', 'application/json', speedscope(rows, `pebble ${kind}`)),
        },
        'save for speedscope',
      ),
      h(
        'button',
        {
          type: 'button',
          disabled: rows.length === 0,
          onClick: () => saveFile('pebble.collapsed.txt', 'text/plain', collapsed(rows)),
        },
        'save collapsed',
      ),
    ]),
    h(
      Panel,
      {
        title: earlier ? 'Flame graph: red grew, blue shrank' : 'Flame graph',
        of: profile,
        note: rows.length > 0 && `${formatMicroseconds(root.total)} in ${rows.length} different stacks`,
      },
      rows.length === 0
        ? h('p', { class: 'quiet' }, 'No stack was taken in this window.')
        : h(FlameGraph, {
            root,
            path,
            search,
            isDifference: earlier !== undefined,
            onZoom: (next: readonly string[]) => store.go(withOwn(place, { path: next.join('\n') })),
          }),
    ),
    h(Splits, { rows }),
    profile.missing === undefined && h(Panel, { title: 'Functions', of: profile }, h(Functions, { root, before })),
  ]);
}

type Function = ReturnType<typeof functionsOf>[number];

interface FunctionsProps {
  readonly root: ReturnType<typeof treeOf>;
  /** Of the earlier window, while the reader compares. */
  readonly before: Earlier<ProfileRow> | undefined;
}

function Functions({ root, before }: FunctionsProps): ComponentChild {
  const functions = useMemo(() => functionsOf(root), [root]);
  // Shares of what was taken: how long the window was says nothing of them.
  const earlier = useMemo(
    () => before && { ...before, rows: functionsOf(treeOf(before.rows)), window: undefined },
    [before],
  );
  const share = (us: number): string => formatShare(us / (root.total || 1));
  const columns: readonly Column<Function>[] = [
    { title: 'itself', value: ({ self }) => self, cell: ({ self }) => share(self) },
    {
      title: 'with what it calls',
      value: ({ total }) => total / (root.total || 1),
      valueBefore: ({ total }) => total / (root.before || 1),
      cell: ({ total }) => share(total),
      change: formatShare,
    },
    { title: 'module', value: ({ module }) => module, cell: ({ module }) => module, kind: 'text', wide: true },
    { title: 'function', value: ({ name }) => name, cell: ({ name }) => name, kind: 'query' },
  ];
  return h(Table<Function>, {
    name: 'functions',
    caption: 'Functions',
    columns,
    rows: functions,
    earlier,
    keyOf: ({ name }: Function) => name,
    sort: 'itself',
    onOpen: ({ name }: Function) => store.adjust(withOwn(store.state.place, { search: name })),
    empty: 'No stack was taken in this window.',
  });
}
