/** View 14: scripts in the tracing language: written with completion, checked line by line, run, and seen live. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TraceCheck, TraceState } from '../../../api/index.ts';
import { order } from '../../data/api.ts';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { saveFile } from '../../ui/copy.ts';
import { Missing } from '../../ui/coverage.ts';
import { Panel } from '../../ui/panel.ts';
import { visible } from '../../ui/sql.ts';
import { Maps } from './maps.ts';
import { ToolShelf } from './tool-shelf.ts';

const EXAMPLE = `// System calls of PostgreSQL, until you stop it.
tracepoint:raw_syscalls:sys_enter /comm == "postgres"/ {
  @calls[args.id] = count();
}
`;

export function ConsoleView(): ComponentChild {
  const reason = store.state.permissions?.trace;
  if (reason === undefined) return h('p', { class: 'quiet' }, 'asking …');
  return reason === null ? h(Console, {}) : h(Missing, { what: 'Tracing', reason: `${reason}.` });
}

/** Between two looks at what a running script says; and from the last key to the check. */
const READ_MS = 1000;
const CHECK_MS = 250;

function Console(): ComponentChild {
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(store.state.place.own.script ?? EXAMPLE);
  const [checked, setChecked] = useState<TraceCheck>();
  const [state, setState] = useState<TraceState>();
  const [said, say] = useState('');
  const running = state?.running ?? false;
  useEffect(() => {
    const timer = setTimeout(() => {
      const offset = area.current?.selectionStart ?? text.length;
      order<TraceCheck>('/api/trace/check', { text, offset }).then(setChecked, (error: Error) => say(error.message));
      store.adjust(withOwn(store.state.place, { script: text === EXAMPLE ? '' : text }));
    }, CHECK_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const read = (): Promise<void> => order<TraceState>('/api/trace/read', { since: 0 }).then(setState, () => {});
    void read();
    const timer = setInterval(read, READ_MS);
    return () => clearInterval(timer);
  }, []);
  const act = (path: string): void => {
    say('');
    order<TraceState>(path, { text }).then(setState, (error: Error) => say(error.message));
  };
  const replace = (label: string): void => {
    const { from, to } = checked!.completions;
    setText(text.slice(0, from) + label + text.slice(to));
    area.current?.focus();
    // When the text is there.
    requestAnimationFrame(() => area.current?.setSelectionRange(from + label.length, from + label.length));
  };
  /** Tab leaves the script as everywhere, but for a word that is begun. */
  const onKeyDown = (event: KeyboardEvent): void => {
    const { from, to, items } = checked?.completions ?? { from: 0, to: 0, items: [] };
    const isWord = from < to && to === area.current?.selectionStart && items.length > 0;
    if (event.key === 'Tab' && !event.shiftKey && isWord) replace(items[0]!.label);
    else if (event.key === 'Enter' && event.ctrlKey && !running) act('/api/trace/run');
    else return;
    event.preventDefault();
  };
  const errors = checked?.diagnostics ?? [];
  return h('div', {}, [
    h(
      Panel,
      {
        title: 'Script',
        note: 'Tab completes, Ctrl+Enter runs; unsafe functions are off; it ends by itself after ten minutes',
      },
      [
        h('textarea', {
          ref: area,
          class: 'script',
          value: text,
          rows: Math.min(24, Math.max(8, text.split('\n').length + 1)),
          spellcheck: false,
          'aria-label': 'script',
          'aria-invalid': errors.some(({ severity }) => severity === 'error'),
          onKeyDown,
          onInput: ({ currentTarget }: { currentTarget: HTMLTextAreaElement }) => setText(currentTarget.value),
        }),
        h('div', { class: 'tools' }, [
          h('button', { type: 'button', disabled: running, onClick: () => act('/api/trace/run') }, 'run'),
          h('button', { type: 'button', disabled: !running, onClick: () => act('/api/trace/stop') }, 'stop'),
          h('button', { type: 'button', onClick: () => saveFile('script.bt', 'text/plain', text) }, 'save as a file'),
          h(ToolShelf, { text, onOpen: setText }),
          h('span', { role: 'status', class: 'quiet' }, running ? `runs, started by ${state!.by}` : ''),
          said && h('span', { class: 'alarm', role: 'alert' }, said),
        ]),
        h(Diagnostics, { errors, text }),
        checked && h(Completions, { items: checked.completions.items.slice(0, 12), onPick: replace }),
      ],
    ),
    state?.error && h(Panel, { title: 'It did not run' }, h('pre', { class: 'sql alarm' }, visible(state.error))),
    state && state.maps.length > 0 && h(Maps, { maps: state.maps }),
    state &&
      state.lines.length > 0 &&
      h(
        Panel,
        { title: 'Output' },
        h(
          'pre',
          { class: 'sql', tabIndex: 0 },
          state.lines.map(({ kind, text: line }, at) =>
            h('span', { key: at, class: kind === 'trouble' ? 'alarm' : '' }, visible(line)),
          ),
        ),
      ),
  ]);
}

function Diagnostics({
  errors,
  text,
}: {
  readonly errors: TraceCheck['diagnostics'];
  readonly text: string;
}): ComponentChild {
  if (errors.length === 0) return h('p', { class: 'quiet' }, 'No complaint.');
  return h(
    'ul',
    { class: 'diagnostics' },
    errors.map(({ severity, message, hints, from, to }, at) => {
      const line = text.slice(0, from).split('\n').length;
      return h('li', { key: at, class: severity === 'error' ? 'alarm' : '' }, [
        `line ${line}: ${message}`,
        to > from && h('code', {}, [' ', visible(text.slice(from, to)).slice(0, 80)]),
        hints.map((hint) => h('p', { key: hint, class: 'quiet' }, hint)),
      ]);
    }),
  );
}

interface CompletionProps {
  readonly items: TraceCheck['completions']['items'];
  readonly onPick: (label: string) => void;
}

function Completions({ items, onPick }: CompletionProps): ComponentChild {
  if (items.length === 0) return null;
  return h(
    'div',
    { class: 'tools', role: 'group', 'aria-label': 'completions' },
    items.map(({ label, kind, signature, doc }) =>
      h(
        'button',
        {
          key: label,
          type: 'button',
          title: [signature, doc].filter(Boolean).join('\n') || kind,
          onClick: () => onPick(label),
        },
        label,
      ),
    ),
  );
}
