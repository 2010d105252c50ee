/** What a heavyweight lock is on (src/include/storage/lock.h: LOCKTAG, LockTagType). */

import type { Layout } from '../layout/index.ts';
import { waitTableOf } from '../waits/index.ts';

export interface LockTag {
  /** pg_locks.locktype */
  readonly type: string;
  /** 0 for what belongs to the whole cluster, and for transactions. */
  readonly database: number;
  /** Relation (pg_class.oid) that the lock is on or in. */
  readonly relation: number | null;
  readonly page: number | null;
  readonly tuple: number | null;
  /** Of a transaction lock: its id, whose holder is that transaction. */
  readonly transaction: number | null;
  /** Of objects and of advisory locks: pg_locks.classid, objid, objsubid. */
  readonly object: { readonly classId: number; readonly id: number; readonly subId: number } | null;
}

/** PG_WAIT_LOCK: its wait events are numbered by LockTagType and named like pg_locks.locktype. */
const LOCK_WAIT_CLASS = 3;

/** Types whose first two fields are database and relation. */
const OF_RELATIONS: readonly string[] = ['relation', 'extend', 'page', 'tuple'];
/** Types whose fields are database, class, object, sub-object. */
const OF_OBJECTS: readonly string[] = ['object', 'userlock', 'advisory'];

export function decodeLockTag(view: DataView, at: number, { major, offsets }: Layout): LockTag {
  const { LOCKTAG } = offsets;
  const number = view.getUint8(at + LOCKTAG.locktag_type);
  const type = waitTableOf(major)[LOCK_WAIT_CLASS]?.names[number] ?? String(number);
  const [one, two, three] = [LOCKTAG.locktag_field1, LOCKTAG.locktag_field2, LOCKTAG.locktag_field3].map((offset) =>
    view.getUint32(at + offset, true),
  ) as [number, number, number];
  const four = view.getUint16(at + LOCKTAG.locktag_field4, true);
  const [inRelation, isObject] = [OF_RELATIONS.includes(type), OF_OBJECTS.includes(type)];
  return {
    type,
    database: inRelation || isObject || type === 'frozenid' || type === 'applytransaction' ? one : 0,
    relation: inRelation ? two : null,
    page: type === 'page' || type === 'tuple' ? three : null,
    tuple: type === 'tuple' ? four : null,
    transaction: type === 'transactionid' || type === 'spectoken' ? one : null,
    object: isObject ? { classId: two, id: three, subId: four } : null,
  };
}
