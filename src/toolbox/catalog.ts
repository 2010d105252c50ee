/** Finds the tools: those that come with Pebble, and the user's own. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { PebbleError } from '../base/errors.ts';
import { strangerWhoWrites } from '../base/strangers.ts';
import { suggest } from '../base/suggest.ts';
import { describeTool, type Tool } from './tool.ts';
import { VIEWS, type View } from './views.ts';

export const OURS: string = join(import.meta.dirname, '../../tools');

/** Where tools are looked for, a user's own first; PEBBLE_TOOLS (folders, colons between) replaces the usual ones. */
export function toolFolders(environment: NodeJS.ProcessEnv = process.env): string[] {
  const own = environment.PEBBLE_TOOLS?.split(':').filter((folder) => folder !== '');
  return [...(own ?? [join(homedir(), '.config/pebble/tools'), '/etc/pebble/tools']), OURS];
}

/** Every tool and every view, by name; a file that does not parse is left out and told to `onBroken`. */
export function listTools(onBroken: (error: PebbleError) => void = () => {}): (Tool | View)[] {
  const found = new Map<string, Tool | View>(VIEWS.map((view) => [view.name, view]));
  for (const path of toolFolders().reverse().flatMap(scripts)) {
    try {
      const tool = readTool(path);
      found.set(tool.name, tool);
    } catch (error) {
      if (!(error instanceof PebbleError)) throw error;
      onBroken(error);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function findTool(name: string): Tool | View {
  const path = toolFolders()
    .flatMap(scripts)
    .find((candidate) => candidate.endsWith(`/${name}.bt`));
  if (path) return readTool(path);
  const view = VIEWS.find((candidate) => candidate.name === name);
  if (view) return view;
  const near = suggest(
    name,
    listTools().map((tool) => tool.name),
  );
  throw new PebbleError('usage', {
    what: `there is no tool ${JSON.stringify(name)}`,
    hint: near ? `did you mean \`pebble run ${near}\`?` : '`pebble run` lists the tools',
  });
}

export function scripts(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.bt'))
      .map((file) => join(folder, file));
  } catch {
    return [];
  }
}

/** What another user could write is not run: with our privileges it would do what he likes. Ours lie where the program does. */
function readTool(path: string): Tool {
  for (const place of dirname(path) === OURS ? [] : [dirname(path), path]) {
    const stranger = strangerWhoWrites(statSync(place));
    if (stranger === undefined) continue;
    const doing = `reading the tool ${path}`;
    throw new PebbleError('usage', {
      doing,
      what: `${place}: ${stranger}`,
      hint: 'give it to root or to yourself (chown), and take the right to write from others (chmod go-w)',
    });
  }
  return describeTool({ name: path, text: readFileSync(path, 'utf8') });
}
