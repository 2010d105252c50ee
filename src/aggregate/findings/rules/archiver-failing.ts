/** archive_command fails: WAL piles up, and there is no backup of what is new. */
import type { Rule } from '../situation.ts';

export const archiverFailing: Rule = {
  id: 'archiver-failing',
  find({ catalog }) {
    if (!catalog?.before) return undefined;
    const { now, before } = catalog;
    const failed = now.archiver.failed - before.archiver.failed;
    if (failed <= 0) return undefined;
    const archived = now.archiver.archived - before.archiver.archived;
    return {
      severity: archived === 0 ? 'critical' : 'warning',
      title: `archiving WAL failed ${failed} times since ${before.at}, and succeeded ${archived} times; last it was ${now.archiver.last_failed}`,
      evidence: [],
      sql: 'SELECT * FROM pg_stat_archiver',
      advice: "run archive_command by hand as the server's user; its complaint is in the server's log",
      refuted_by: 'failed_count of pg_stat_archiver stands still',
      queries: [],
    };
  },
};
