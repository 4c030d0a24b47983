/**
 * What is under way is noted in the database that it is about, so that the start after a kill can say what was cut off. A
 * database that took another's place has no such note: there it is whole.
 */
import type { CutOff } from '../api';
import type { Queryable } from '../store';

/** No job has this kind, so that nothing takes it up. */
const KIND = 'under_way';

type Doing = CutOff['doing'];

/** Ends what was begun; `whole`: it came to its end, and so what was cut off of the same kind before needs no word any more. */
export type End = (how: 'whole' | 'stopped') => Promise<void>;

export interface UnderWay {
  /** That nothing can be noted, as on a full disk, holds nothing up. */
  begin(db: Queryable, doing: Doing): Promise<End>;
  during<Result>(db: Queryable, doing: Doing, work: () => Promise<Result>): Promise<Result>;
  /** Reads what was begun before this start and never ended; again when there is another database. */
  read(db: Queryable): Promise<void>;
  /** What was read, oldest first. */
  cutOff(): CutOff[];
  /** The user knows; also of a database that was set aside in the midst of it and is taken back. */
  putAway(db: Queryable): Promise<void>;
}

export function openUnderWay(onChange: () => void): UnderWay {
  const mine = new Set<string>();
  let left: CutOff[] = [];

  async function begin(db: Queryable, doing: Doing): Promise<End> {
    const id = crypto.randomUUID();
    try {
      await db.query(
        `insert into job (kind, subject, priority, run_after, progress)
        values ('${KIND}', $1, 99, '9999-12-31', jsonb_build_object('doing', $2::text))`,
        [id, doing],
      );
    } catch (error) {
      console.debug('commonplace: what is under way could not be noted', error);
      return () => Promise.resolve();
    }
    mine.add(id);
    return async (how) => {
      const others = how === 'whole' ? [...mine] : null;
      try {
        await db.query(
          `delete from job where kind = '${KIND}'
            and (subject = $1 or (progress ->> 'doing' = $2 and subject <> all($3::uuid[])))`,
          [id, doing, others],
        );
      } catch (error) {
        // The database died under it or is closing, and the next start says so.
        console.debug('commonplace: it stays noted as under way', error);
        return;
      }
      if (how === 'whole') become(left.filter((one) => one.doing !== doing));
    };
  }

  function become(next: CutOff[]): void {
    if (next.length === left.length) return;
    left = next;
    onChange();
  }

  return {
    begin,
    async during(db, doing, work) {
      const end = await begin(db, doing);
      let how: Parameters<End>[0] = 'stopped';
      try {
        const result = await work();
        how = 'whole';
        return result;
      } finally {
        await end(how);
      }
    },
    async read(db) {
      const rows = await db.query<{ id: string; doing: Doing; at: string }>(
        `select subject::text as id, progress ->> 'doing' as doing,
          (to_json(created_at at time zone 'UTC') #>> '{}') || 'Z' as at
        from job where kind = '${KIND}' order by created_at`,
      );
      become(rows.filter(({ id }) => !mine.has(id)).map(({ doing, at }) => ({ doing, at })));
    },
    cutOff: () => left,
    async putAway(db) {
      await db.query(`delete from job where kind = '${KIND}' and subject <> all($1::uuid[])`, [[...mine]]);
      become([]);
    },
  };
}
