/** Every tool compiles for this host, says what it answers and has its page; users' own tools are found, too. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lacking } from '../bpf/testing/needs.ts';
import { compile, formatDiagnostics } from '../lang/index.ts';
import { SYSTEM_INCLUDES, scriptFiles } from '../tracer/host/includes.ts';
import { machineHost } from '../tracer/index.ts';
import { describeTool, findTool, listTools, runTool, type Tool } from './index.ts';

const skip = await lacking('tp_btf');
const noKprobes = await lacking('kprobe');
const tools = listTools().filter((tool): tool is Tool => 'source' in tool);

/** Those of the server's probes are compiled with a server: test/tools. */
const isForTheHost = ({ name, takesServer }: Tool): boolean => !name.startsWith('pg') && !takesServer;
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = { stackcount: ['sched:sched_process_fork'] };

describe('the ready-made tools', { skip }, () => {
  for (const tool of tools) {
    const unable = tool.hooks.some((hook) => /^kr?e?t?probe:/.test(hook)) && noKprobes;
    it(tool.name, { skip: unable }, () => {
      assert.match(tool.question, /^[A-Z].*[?.]( |$)/, 'a question');
      assert.ok(tool.hooks.length > 0, 'hooks');
      assert.ok(existsSync(tool.source.name.replace(/\.bt$/, '.md')), 'a page');
      if (!isForTheHost(tool)) return;
      const { diagnostics } = compile(tool.source, {
        host: machineHost(),
        positional: ARGUMENTS[tool.name] ?? [process.execPath, 'main'],
        defines: { tracer_pid: 1n },
        imports: { host: scriptFiles, includePaths: SYSTEM_INCLUDES },
      });
      assert.equal(formatDiagnostics(diagnostics, { colour: false, warnings: true }), '');
    });
  }

  it('a script in a folder of PEBBLE_TOOLS is a tool', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pebble-own-tools-'));
    process.env.PEBBLE_TOOLS = folder;
    try {
      writeFileSync(
        join(folder, 'mine.bt'),
        '// What is mine?\n// cost: nothing\nBEGIN { exit(); }\ntp_btf:sched_switch { }\n',
      );
      writeFileSync(join(folder, 'broken.bt'), 'BEGIN {');
      const broken: string[] = [];
      assert.ok(listTools((error) => broken.push(error.message)).some(({ name }) => name === 'mine'));
      assert.equal(broken.length, 1);
      const { question, hooks, cost } = findTool('mine') as Tool;
      assert.deepEqual(
        { question, hooks, cost },
        { question: 'What is mine?', hooks: ['tp_btf:sched_switch'], cost: 'nothing' },
      );
      chmodSync(join(folder, 'mine.bt'), 0o666);
      assert.throws(() => findTool('mine'), { what: /mine\.bt: every user may write it$/ });
      assert.ok(!listTools().some(({ name }) => name === 'mine'), 'what anybody could write is not run');
    } finally {
      delete process.env.PEBBLE_TOOLS;
      rmSync(folder, { recursive: true });
    }
  });

  it('what it is given wrongly is said to be a matter of usage', async () => {
    const run = (name: string, named: readonly [string, string][] = []) =>
      runTool(findTool(name) as Tool, {
        named: new Map(named),
        positional: [],
        json: true,
        signal: AbortSignal.abort(),
        top: 1,
        colour: false,
      });
    const hint = 'arguments: the binary, and a name or pattern';
    await assert.rejects(run('funccount'), { what: 'funccount wants 2 arguments, and got none', hint });
    await assert.rejects(run('runqslower', [['min-us', 'abc']]), { what: '--min-us wants a number, not "abc"' });
  });

  it('a name that is none gets the nearest one', () => {
    assert.throws(() => findTool('opensnop'), {
      what: 'there is no tool "opensnop"',
      hint: 'did you mean `pebble run opensnoop`?',
    });
    assert.throws(() => describeTool({ name: 'x.bt', text: 'BEGIN {' }), { what: 'it does not parse' });
  });
});
