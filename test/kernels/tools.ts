/** The tools of tools/ on the kernel that runs us: which of them it takes, and why not the others. */

import { loadCollection } from '../../src/bpf/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { type CompiledScript, compile, DEFAULT_SETTINGS, formatDiagnostics } from '../../src/lang/index.ts';
import { postgresTarget, serverBinary } from '../../src/postgres/tracing/index.ts';
import { listTools, type Tool } from '../../src/toolbox/index.ts';
import { SYSTEM_INCLUDES, scriptFiles } from '../../src/tracer/host/includes.ts';
import { machineHost } from '../../src/tracer/index.ts';

export interface ToolResult {
  readonly tool: string;
  /** Why it does not run here; null: it is compiled, loaded and attached. */
  readonly refused: string | null;
}

/** What tools that are about a function of some program are tried with. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = { stackcount: ['sched:sched_process_fork'] };

export async function* tryTools(cluster: Cluster): AsyncGenerator<ToolResult> {
  for (const tool of listTools()) {
    if ('source' in tool) yield { tool: tool.name, refused: await tryTool(tool, cluster) };
  }
}

async function tryTool(tool: Tool, { pgdata }: Cluster): Promise<string | null> {
  try {
    using collection = await loadCollection(compiled(tool, pgdata).collection);
    await collection.attachAll();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function compiled(tool: Tool, pgdata: string): CompiledScript {
  const choice = { pgdata: [pgdata] };
  const { script, diagnostics } = compile(tool.source, {
    host: machineHost({ target: postgresTarget(choice) }),
    settings: DEFAULT_SETTINGS,
    positional: tool.takesServer ? [serverBinary(choice)] : (ARGUMENTS[tool.name] ?? [process.execPath, 'main']),
    defines: { tracer_pid: BigInt(process.pid) },
    imports: { host: scriptFiles, includePaths: SYSTEM_INCLUDES },
  });
  if (script) return script;
  const [first] = diagnostics.filter(({ severity }) => severity === 'error');
  throw new Error(first?.message ?? formatDiagnostics(diagnostics));
}
