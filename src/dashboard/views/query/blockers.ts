/** Who holds the locks that a query waits for. */
import { type ComponentChild, h } from 'preact';
import { Missing } from '../../ui/coverage.ts';
import { Panel } from '../../ui/panel.ts';

export function Blockers(_: { readonly fingerprint: string }): ComponentChild {
  return h(
    Panel,
    { title: 'Who blocks it' },
    h(Missing, { what: 'Blockers', reason: 'This agent does not follow locks.' }),
  );
}
