/** Scripts with names: opens one in the console, and keeps what is written there as one. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { TraceSaved, TraceTool } from '../../../api/index.ts';
import { order } from '../../data/api.ts';

interface ShelfProps {
  readonly text: string;
  readonly onOpen: (text: string) => void;
}

export function ToolShelf({ text, onOpen }: ShelfProps): ComponentChild {
  const [tools, setTools] = useState<readonly TraceTool[]>([]);
  const [name, setName] = useState('');
  const [said, say] = useState('');
  const list = (): void =>
    void order<TraceTool[]>('/api/trace/tools', {}).then(setTools, (error: Error) => say(error.message));
  useEffect(list, []);
  const open = (chosen: string): void => {
    const tool = tools.find((one) => one.name === chosen);
    if (!tool) return;
    setName(tool.name);
    onOpen(tool.text);
  };
  const save = (): void => {
    const replace = tools.some((one) => one.name === name) && confirm(`Replace the tool ${name}?`);
    order<TraceSaved>('/api/trace/save', { name, text, replace }).then(
      ({ path }) => {
        say(`saved: pebble run ${name} (${path})`);
        list();
      },
      (error: Error) => say(error.message),
    );
  };
  return h('span', { class: 'shelf' }, [
    h(
      'select',
      {
        'aria-label': 'open a tool',
        value: '',
        onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) => open(currentTarget.value),
      },
      [
        h('option', { value: '' }, 'open a tool …'),
        ...tools.map((tool) =>
          h('option', { key: tool.name, value: tool.name }, `${tool.name}: ${tool.question.slice(0, 70)}`),
        ),
      ],
    ),
    h('input', {
      'aria-label': 'name of the tool',
      placeholder: 'name',
      size: 14,
      value: name,
      onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => setName(currentTarget.value),
    }),
    h('button', { type: 'button', disabled: name === '', onClick: save }, 'save as a tool'),
    h('span', { role: 'status', class: 'quiet' }, said),
  ]);
}
