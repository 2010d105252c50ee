/** The table of settings as docs/agent.md has it: `node src/agent/configuration/document.ts` prints it. */
import { formatBytes } from '../../base/units.ts';
import { SETTINGS, type Setting } from './settings.ts';

export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(
    ([name, setting]: [string, Setting]) =>
      `| \`${name}\` | ${setting.kind} | ${name === 'host' ? "the host's name" : shown(setting)} | ${setting.summary}${setting.reload ? ' (reload)' : ''} |`,
  );
  return ['| setting | kind | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function shown(setting: Setting): string {
  switch (setting.kind) {
    case 'duration':
      return duration(setting.default);
    case 'size':
      return `\`${formatBytes(setting.default).replace(/(\.\d+)?GiB/, 'GB')}\``;
    case 'list':
      return setting.default.length > 0 ? `\`${setting.default.join(', ')}\`` : 'none';
    case 'share':
      return `\`${setting.default === null ? 'none' : `${setting.default * 100}%`}\``;
    default:
      return setting.default === '' ? 'none' : `\`${setting.default}\``;
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

function duration(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `\`${ms / length}${unit}\``;
}

if (import.meta.main) process.stdout.write(settingsTable());
