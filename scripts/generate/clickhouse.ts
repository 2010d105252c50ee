/** The tables of ClickHouse as SQL for those who make them themselves: deploy/clickhouse.sql, deploy/clickhouse-cluster.sql. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { schema } from '../../src/store/clickhouse/index.ts';
import { DEFAULT_RETENTION } from '../../src/store/index.ts';

export const FILES: Readonly<Record<string, string>> = {
  'deploy/clickhouse.sql': text('-- For one server. Agents make the same by themselves.', undefined),
  'deploy/clickhouse-cluster.sql': text(
    '-- For a cluster with the name pebble, whose nodes have the macros shard and replica.',
    'pebble',
  ),
};

function text(head: string, cluster: string | undefined): string {
  const statements = schema({ database: 'pebble', cluster, keepMs: DEFAULT_RETENTION.keepMs, hasTtl: true });
  return `${head}\n-- Made by scripts/generate/clickhouse.ts.\n\n${statements.map((statement) => `${statement};\n`).join('\n')}`;
}

if (import.meta.main) {
  for (const [path, content] of Object.entries(FILES)) {
    writeFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), content);
  }
}
