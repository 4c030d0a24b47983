-- The first schema: documents, their messages, the chunks that are searched, their vectors, and the job queue.
-- Keys are uuidv7 (time-ordered, made by Postgres 18's uuidv7()); times are timestamptz in UTC.

create table document (
  id            uuid primary key default uuidv7(),
  kind          text not null check (kind in ('conversation', 'page', 'note')),
  source        text not null,
  external_id   text not null,
  url           text,
  title         text,
  author        text,
  language      text,
  note          text,
  created_at    timestamptz,
  updated_at    timestamptz,
  captured_at   timestamptz not null,
  -- newest of what is known; what the timeline sorts by
  happened_at   timestamptz not null,
  content_hash  text not null,
  complete      boolean not null default false,
  -- set while a deletion can still be undone; such rows are invisible everywhere
  forget_id     uuid,
  metadata      jsonb not null default '{}',
  -- captured_at of the newest capture that held the whole branch: an older one cannot change the branch
  branch_at     timestamptz,
  unique (source, external_id)
);
create index document_forget on document (forget_id) where forget_id is not null;
create index document_timeline on document (happened_at desc, id desc) where forget_id is null;
create index document_url on document (url);

create table message (
  id                uuid primary key default uuidv7(),
  document_id       uuid not null references document on delete cascade,
  external_id       text not null,
  parent_id         text,
  role              text not null,
  author            text,
  model             text,
  markdown          text not null,
  created_at        timestamptz,
  position          integer not null,
  on_active_branch  boolean not null default true,
  finished          boolean not null default true,
  attachments       jsonb not null default '[]',
  metadata          jsonb not null default '{}',
  content_hash      text not null,
  -- of the capture that its text came from, and how that was read: a poorer or older one does not replace it
  captured_at       timestamptz not null default now(),
  strategy          text not null default 'json-tree',
  -- what its chunks were made of: splitter version, header and content hash; null while it has none
  chunked_as        text,
  unique (document_id, external_id)
);
create index message_order on message (document_id, position);

create table chunk (
  id            uuid primary key default uuidv7(),
  document_id   uuid not null references document on delete cascade,
  message_id    uuid references message on delete cascade,
  parent_id     uuid references chunk on delete cascade,
  level         smallint not null check (level in (0, 1)), -- 0 section, 1 passage
  -- order within its message (a note's chunks: within the document); message.position orders the rest
  ordinal       integer not null,
  text          text not null,
  -- title, speaker and date: indexed before the text, never shown
  context       text not null default '',
  enriched_text text generated always as (context || E'\n' || text) stored,
  token_count   integer not null,
  content_hash  text not null,
  -- version of the splitter that made it; a newer one re-makes it in the background
  made_by       integer not null
);
create index chunk_document on chunk (document_id, ordinal);
create index chunk_message on chunk (message_id);
-- deleting a chunk looks for its children; without this it reads the whole table for each row
create index chunk_parent on chunk (parent_id) where parent_id is not null;
create index chunk_words on chunk using bm25 (enriched_text) with (text_config = 'english');

create table embedding (
  chunk_id     uuid not null references chunk on delete cascade,
  model_id     text not null,   -- id, dtype and version of what made the vector, e.g. e5-small-v2/q8/1
  vector       halfvec(384) not null,
  primary key (chunk_id, model_id)
);

-- a deleted document's mark: only a hash, so that it is not captured again by merely being opened
create table forgotten (
  source_hash  text primary key,
  forgotten_at timestamptz not null default now()
);

create table forget_receipt (
  id          uuid primary key default uuidv7(),
  documents   integer not null,
  messages    integer not null,
  purge_at    timestamptz not null
);

create table job (
  id          uuid primary key default uuidv7(),
  kind        text not null,
  subject     uuid,
  priority    smallint not null,           -- lower runs first
  state       text not null default 'waiting' check (state in ('waiting', 'running', 'failed')),
  attempts    integer not null default 0,
  run_after   timestamptz not null default now(),
  error       text,
  -- how far it came: {"done": n, "total": m}
  progress    jsonb,
  created_at  timestamptz not null default now(),
  -- one job of a kind for a subject, and one of a kind that has none
  unique nulls not distinct (kind, subject)
);
create index job_due on job (priority, run_after, id) where state = 'waiting';
