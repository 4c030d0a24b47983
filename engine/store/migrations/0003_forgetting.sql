-- What a deletion was asked for and when: a capture that was made before it and is stored after it comes under it too.
-- Null for single documents, which need none of that.
alter table forget_receipt add column scope jsonb;
alter table forget_receipt add column made_at timestamptz not null default now();
-- false where time and not the person deletes: then no hash is kept, and the same thing is welcome when it lives again
alter table forget_receipt add column marks boolean not null default true;

-- How long a kind of document is kept, in days after it last lived; a kind without a row is kept forever. It stands
-- beside the documents because whoever opens them must hold to it, with or without a browser around, and because a copy
-- of the data is only then a copy of what the person wanted.
create table retention (
  kind  text primary key check (kind in ('conversation', 'page', 'visit', 'note')),
  days  integer not null check (days > 0)
);
