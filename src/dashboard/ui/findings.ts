/** What dominates, in plain words: the agent's findings, each with its evidence, its next step and a way there. */
import { type ComponentChild, h } from 'preact';
import type { Finding } from '../../api/index.ts';
import { useRows } from '../data/rows.ts';
import { SELDOM } from '../data/use-answer.ts';
import { PlaceLink } from '../frame/navigation.ts';
import { movedTo, type Place } from '../state/place.ts';
import { store } from '../state/store.ts';
import { Missing } from './coverage.ts';
import { queryPlace } from './query-cell.ts';
import { Colours, oneLine } from './sql.ts';

const WORST_FIRST = ['critical', 'warning', 'info'];

export function Findings(): ComponentChild {
  const findings = useRows('findings', {}, SELDOM);
  if (findings.isLoading) return null;
  if (findings.missing !== undefined) return h(Missing, { what: 'Findings', reason: findings.missing });
  const rows = findings.rows.toSorted((a, b) => WORST_FIRST.indexOf(a.severity) - WORST_FIRST.indexOf(b.severity));
  return h('section', { class: 'findings', 'aria-labelledby': 'findings' }, [
    h('h2', { id: 'findings', class: 'unseen' }, 'Findings'),
    rows.length === 0 && h('p', { class: 'quiet' }, 'Nothing stands out in this window.'),
    ...rows.map((finding) => h(FindingCard, { key: `${finding.id} ${finding.since} ${finding.cluster}`, finding })),
  ]);
}

function FindingCard({ finding }: { readonly finding: Finding }): ComponentChild {
  const { id, severity, title, evidence, advice, sql, refuted_by, queries } = finding;
  return h('details', { class: `finding ${severity}`, 'data-finding': id }, [
    h('summary', {}, [h('span', { class: 'severity' }, severity), ` ${title}`]),
    h('div', { class: 'finding-body' }, [
      h(
        'ul',
        {},
        evidence.map((line) => h('li', { key: line }, line)),
      ),
      h('p', {}, [h('strong', {}, 'Next: '), advice]),
      sql !== null && h('pre', { class: 'sql' }, h(Colours, { sql })),
      h('p', { class: 'quiet' }, `It would be wrong if: ${refuted_by}`),
      h('p', { class: 'links' }, [
        h(PlaceLink, { to: evidencePlace(id), children: 'show the evidence' }),
        ...queries.map(({ fingerprint, query }) =>
          h(PlaceLink, {
            key: fingerprint,
            to: queryPlace(fingerprint),
            class: 'sql-line',
            children: oneLine(query ?? fingerprint, 80),
          }),
        ),
      ]),
    ]),
  ]);
}

/** The view that shows what a rule concludes from. */
const EVIDENCE: readonly (readonly [rule: RegExp, view: string])[] = [
  [/commit|wal|checkpoint/, 'wal'],
  [/lock-convoy|idle-in-transaction|block|xmin/, 'locks'],
  [/lwlock|buffer/, 'internals'],
  [/cache|disk|io|temp|scan/, 'io'],
  [/vacuum|background/, 'background'],
  [/connection/, 'sessions'],
];

function evidencePlace(id: string): Place {
  const view = EVIDENCE.find(([rule]) => rule.test(id))?.[1] ?? 'queries';
  return movedTo(store.state.place, view);
}
