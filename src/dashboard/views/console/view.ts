/** View 14: scripts in the tracing language. */
import { type ComponentChild, h } from 'preact';
import { store } from '../../state/store.ts';
import { Missing } from '../../ui/coverage.ts';

export function ConsoleView(): ComponentChild {
  const reason = store.state.permissions?.trace ?? 'asking …';
  return h(Missing, { what: 'Tracing', reason });
}
