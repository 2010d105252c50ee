/** Calls that may be those of another statement: then none of the same owner is sure to have all of its own. */

/** Whose sessions execute a statement, of those of one host. */
interface Owner {
  readonly cluster: string;
  readonly database: string | null;
  readonly user: string | null;
}

interface CallsOf extends Owner {
  /** Calls that may be those of other statements of their requests. */
  readonly unsplit: number;
}

/** Whether calls of a statement may be on another's row. */
export type IsElsewhere = (owner: Owner) => boolean;

/** In one window. What a pipeline executes is executed in its session's database, and by its user. */
export function callsElsewhere(statements: Iterable<CallsOf>): IsElsewhere {
  const owners = new Set<string>();
  for (const statement of statements) if (statement.unsplit > 0) owners.add(ownerKey(statement));
  return (owner) => owners.has(ownerKey(owner));
}

const ownerKey = ({ cluster, database, user }: Owner): string => JSON.stringify([cluster, database, user]);
