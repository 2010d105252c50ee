/** The SQL of the extension, made from the catalogue: foreign tables, views over them, functions for ranges of time. */
import { type Column, type ColumnType, RANGE_COLUMNS, RELATIONS, type Relation } from './catalog.ts';

/** Of the extension, as in its control file: a change of the SQL is a new version, with an upgrade script. */
export const EXTENSION_VERSION = '1.1';
/** What it is upgraded from: what is marked as new in the catalogue is added. */
export const UPGRADE_FROM = '1.0';

/**
 * Columns have domains as types: operators on those are no built-in ones, so postgres_fdw leaves WHERE and ORDER BY to
 * PostgreSQL, which knows its collations. Only the ends of a range go to the agent.
 */
const DOMAINS: Readonly<Record<ColumnType, string>> = {
  text: 'remote_text',
  bigint: 'remote_bigint',
  integer: 'remote_integer',
  'double precision': 'remote_double',
  boolean: 'remote_boolean',
  timestamptz: 'remote_timestamptz',
  jsonb: 'remote_jsonb',
};

export const controlFile = (): string =>
  [
    '# What eBPF sees of this PostgreSQL, as views over the agent of the same host. Written by scripts/generate/extension.ts.',
    "comment = 'Pebble: where the time of every query goes, as views'",
    `default_version = '${EXTENSION_VERSION}'`,
    "requires = 'postgres_fdw'",
    'schema = pebble',
    'relocatable = false',
    'superuser = true',
    '',
  ].join('\n');

export function installScript(): string {
  const relations = [...RELATIONS.values()];
  return `${[
    '-- Written by scripts/generate/extension.ts from src/wire/catalog.ts.',
    '\\echo Use "CREATE EXTENSION pebble CASCADE" to load this file. \\quit',
    server(),
    ...Object.entries(DOMAINS).map(([type, domain]) => `CREATE DOMAIN pebble.${domain} AS ${type};`),
    ...relations.flatMap((relation) => [foreignTable(relation), view(relation), ...pastFunctions(relation, 'CREATE')]),
    FUNCTIONS,
    'GRANT USAGE ON SCHEMA pebble TO pg_monitor;',
  ].join('\n\n')}\n`;
}

/** From the version before: `ALTER EXTENSION pebble UPDATE`. */
export function upgradeScript(): string {
  const changed = [...RELATIONS.values()].filter((relation) => addedTo(relation).length > 0);
  return `${[
    '-- Written by scripts/generate/extension.ts from src/wire/catalog.ts.',
    '\\echo Use "ALTER EXTENSION pebble UPDATE" to load this file. \\quit',
    ...changed.flatMap((relation) => [
      addColumns(relation),
      viewOf(relation, 'CREATE OR REPLACE'),
      ...pastFunctions(relation, 'CREATE OR REPLACE'),
    ]),
  ].join('\n\n')}\n`;
}

const addedTo = ({ columns }: Relation): Column[] => columns.filter(({ since }) => since === EXTENSION_VERSION);

function addColumns(relation: Relation): string {
  const actions = addedTo(relation).map(({ name, type }) => `  ADD COLUMN "${name}" pebble.${DOMAINS[type]}`);
  return `ALTER FOREIGN TABLE pebble.remote_${relation.name}\n${actions.join(',\n')};`;
}

const server = (): string =>
  `CREATE SERVER pebble FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '/run/pebble', port '8433', dbname 'pebble', fetch_size '100000', connect_timeout '2');`;

const isRange = ({ name }: Column): boolean => (RANGE_COLUMNS as readonly string[]).includes(name);
const own = ({ columns }: Relation): Column[] => columns.filter((column) => !isRange(column));

function foreignTable(relation: Relation): string {
  const columns = relation.columns.map((column) => {
    const type = isRange(column) ? 'timestamptz' : `pebble.${DOMAINS[column.type]}`;
    return `  "${column.name}" ${type}`;
  });
  return `CREATE FOREIGN TABLE pebble.remote_${relation.name} (\n${columns.join(',\n')}\n) SERVER pebble OPTIONS (schema_name 'pebble', table_name '${relation.name}');`;
}

const selected = (relation: Relation): string =>
  own(relation)
    .map(({ name, type }) => `  "${name}"::${type} AS "${name}"`)
    .join(',\n');

type Create = 'CREATE' | 'CREATE OR REPLACE';

const viewOf = (relation: Relation, create: Create): string =>
  `${create} VIEW pebble.${relation.name} AS SELECT
${selected(relation)}
FROM pebble.remote_${relation.name};`;

const view = (relation: Relation): string =>
  `${viewOf(relation, 'CREATE')}
COMMENT ON VIEW pebble.${relation.name} IS '${relation.summary}';
GRANT SELECT ON pebble.${relation.name} TO pg_monitor;`;

function pastFunctions(relation: Relation, create: Create): string[] {
  const { name, hasPast } = relation;
  if (!hasPast) return [];
  const signature = `pebble.${name}_at(timestamptz, timestamptz)`;
  const text = `${create} FUNCTION pebble.${name}_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.${name}
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
${selected(relation)}
  FROM pebble.remote_${name} WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${signature} TO pg_monitor;`;
  return [text];
}

/** User mappings are no members of an extension: the owner's, through which views and functions read, is made by hand. */
const FUNCTIONS = `CREATE FUNCTION pebble.create_user_mapping(username text DEFAULT 'pebble', password text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  PERFORM pebble.drop_user_mapping();
  IF password IS NULL THEN
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER pebble OPTIONS (user %L, password_required %L)', username, 'false');
  ELSE
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER pebble OPTIONS (user %L, password %L)', username, password);
  END IF;
END
$function$;
REVOKE ALL ON FUNCTION pebble.create_user_mapping(text, text) FROM PUBLIC;

CREATE FUNCTION pebble.drop_user_mapping() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER pebble';
REVOKE ALL ON FUNCTION pebble.drop_user_mapping() FROM PUBLIC;

CREATE FUNCTION pebble.use_address(host text, port integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  EXECUTE format('ALTER SERVER pebble OPTIONS (SET host %L, SET port %L)', host, port);
END
$function$;
REVOKE ALL ON FUNCTION pebble.use_address(text, integer) FROM PUBLIC;`;
