/** View 11: who is connected and what they do now. */
import { type ComponentChild, h } from 'preact';
import { Missing } from '../../ui/coverage.ts';

export function SessionsView(): ComponentChild {
  return h(Missing, { what: 'Sessions', reason: 'This agent does not list sessions.' });
}
