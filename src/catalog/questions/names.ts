/** Names of relations by OID and by file: what memory and files give as numbers. */
import type { Session } from '../session.ts';

export interface RelationName {
  readonly oid: string;
  /** Base name of its file; null of relations without one, and of views. */
  readonly filenode: number | null;
  /** With its schema, unless that is `public`. */
  readonly name: string;
}

/** So many that a database with a million partitions does not fill the agent. */
const MOST = 50_000;

const SQL = `
  SELECT c.oid::text AS oid, pg_relation_filenode(c.oid)::int8::float8 AS filenode,
         CASE WHEN n.nspname = 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'i', 'S', 't', 'm', 'p', 'I')
   ORDER BY c.relpages DESC LIMIT ${MOST}`;

export const readNames = (session: Session): Promise<RelationName[]> => session.ask<RelationName>(SQL);
