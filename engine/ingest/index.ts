import type { IngestReport } from '../api';
import type { Capture, CapturedMessage } from '../capture/types';
import { sourceOf } from '../capture/source';
import type { Store } from '../store';

/** Thin first version: one passage per message, replaced by the final one. */
export async function ingest(store: Store, captures: Capture[]): Promise<IngestReport> {
  const report: IngestReport = {
    documents: 0,
    messages_added: 0,
    messages_updated: 0,
    messages_unchanged: 0,
    forgotten: 0,
    document_ids: [],
  };
  for (const capture of captures) {
    const messages: CapturedMessage[] =
      capture.kind === 'conversation'
        ? capture.messages
        : [
            {
              id: 'page',
              parent_id: null,
              role: 'system',
              author: capture.author,
              model: null,
              created_at: capture.published_at,
              markdown: capture.markdown,
              finished: true,
              on_active_branch: true,
              attachments: [],
              metadata: {},
            },
          ];
    const happened =
      capture.kind === 'conversation'
        ? (capture.updated_at ?? capture.created_at ?? capture.captured_at)
        : capture.captured_at;
    await store.transaction(async (tx) => {
      const [document] = await tx.query<{ id: string }>(
        `insert into document (kind, source, external_id, url, title, captured_at, happened_at, content_hash, complete)
        values ($1, $2, $3, $4, $5, $6, $7, '', $8)
        on conflict (source, external_id) do update set title = excluded.title, captured_at = excluded.captured_at,
          happened_at = excluded.happened_at, complete = excluded.complete
        returning id`,
        [
          capture.kind,
          sourceOf(capture),
          capture.id,
          capture.url,
          capture.title,
          capture.captured_at,
          happened,
          capture.kind === 'page' || capture.complete,
        ],
      );
      const id = document?.id ?? '';
      await tx.query('delete from message where document_id = $1', [id]);
      let position = 0;
      for (const message of messages) {
        const [row] = await tx.query<{ id: string }>(
          `insert into message (document_id, external_id, role, author, model, markdown, created_at, position, on_active_branch, finished, content_hash)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '') returning id`,
          [
            id,
            message.id,
            message.role,
            message.author,
            message.model,
            message.markdown,
            message.created_at,
            position,
            message.on_active_branch,
            message.finished,
          ],
        );
        await tx.query(
          `insert into chunk (document_id, message_id, level, ordinal, text, context, token_count, content_hash, made_by)
          values ($1, $2, 1, $3, $4, $5, 0, '', 0)`,
          [id, row?.id, position, message.markdown, `${capture.title ?? ''} ${message.role}`],
        );
        position += 1;
        report.messages_added += 1;
      }
      report.documents += 1;
      report.document_ids.push(id);
    });
  }
  return report;
}
