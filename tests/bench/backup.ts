/**
 * Everything into one file and back, in Node: time, and memory above that of the open database.
 * Usage: npm run bench:backup [-- --messages N] [--characters N] [--no-import]
 */
import { openAsBlob } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportAll, importExport } from '../../engine/backup';
import { openStore, type Store } from '../../engine/store';

const MESSAGES_EACH = 50;

export async function main(args: string[]): Promise<void> {
  const number = (name: string, fallback: number) => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  const messages = number('--messages', 20_000);
  const characters = number('--characters', 1_500);
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-bench-backup-'));
  const file = join(folder, 'commonplace.zip');
  try {
    const from = await openStore({ storage: 'node', directory: join(folder, 'from') });
    await fill(from, messages, characters);
    const megabytes = (messages * characters) / 1e6;
    console.log(
      `${messages} messages in ${messages / MESSAGES_EACH} conversations, ${megabytes.toFixed(0)} MB of text; ` +
        `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`,
    );
    await measured('export', async () => {
      const target = await open(file, 'w');
      for await (const piece of exportAll(from)) await target.write(piece);
      await target.close();
    });
    console.log(`file: ${((await stat(file)).size / 1e6).toFixed(1)} MB`);
    await measured('look', async () => {
      const report = await importExport(from, await openAsBlob(file), { apply: false });
      if (report.documents.same !== messages / MESSAGES_EACH) throw new Error(JSON.stringify(report));
    });
    await measured('copy inside', async () => void (await from.snapshot()));
    await from.close();
    if (args.includes('--no-import')) return;
    const to = await openStore({ storage: 'node', directory: join(folder, 'to') });
    await measured('import, until words are found', async () => {
      const report = await importExport(to, await openAsBlob(file), { apply: true });
      if (report.messages.added !== messages) throw new Error(JSON.stringify(report));
    });
    await to.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Invented words, none of which compresses like another's repetition. */
async function fill(store: Store, messages: number, characters: number): Promise<void> {
  const words = Math.ceil(characters / 6);
  await store.query('select setseed(0.5)');
  for (let done = 0; done < messages; done += 10 * MESSAGES_EACH) {
    await store.query(
      `with made as (
        insert into document (kind, source, external_id, title, captured_at, happened_at, content_hash, complete)
        select 'conversation', 'chatgpt', 'c' || n, 'Conversation ' || n, '2026-05-01', '2026-05-01', 'h', true
        from generate_series($1::int, $1::int + 9) n returning id
      )
      insert into message (document_id, external_id, role, markdown, position, content_hash)
      select id, 'm' || p, case when p % 2 = 0 then 'user' else 'assistant' end,
        (select string_agg(substr(md5((random() * 20000)::int::text), 1, 5), ' ') from generate_series(1, $2 + p * 0)), p, 'h'
      from made cross join generate_series(0, ${MESSAGES_EACH - 1}) p`,
      [done / MESSAGES_EACH, words],
    );
    await store.maintain('checkpoint');
  }
}

async function measured(what: string, work: () => Promise<void>): Promise<void> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  clearInterval(timer);
  const { user, system } = process.cpuUsage(cpu);
  const mb = (bytes: number) => `${(bytes / 1048576).toFixed(0)} MB`;
  console.log(
    `${what}: ${((performance.now() - started) / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor), ` +
      `${mb(peak - before)} above ${mb(before)}`,
  );
}
