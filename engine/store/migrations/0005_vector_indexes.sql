-- Indexes for meaning, one for each model and made while the database is in use (engine/vectors does it; why:
-- docs/decisions/0011-vector-index.md). The one of migration 2 held the vectors of every model at once, by the mean of one
-- of them, and could not be made anew without holding everything else.
--
-- What it held is searched vector by vector until a job has moved it, in steps, into an index of its own.
drop index embedding_signs;
drop function centred_signs;

-- a model has the length that it has
alter table embedding alter column vector type halfvec;

create table vector_index (
  id          integer generated always as identity primary key,
  model_id    text not null,
  dimensions  integer not null,
  -- of the model's first vectors, and by how much their numbers differ from it: between which levels of a number the index tells
  mean        halfvec not null,
  spread      float8 not null,
  -- how many vectors were put into it
  inserted    integer not null default 0,
  made_at     timestamptz not null default now()
);

-- the index that a vector is in: 0 for none yet
alter table embedding add column index_id integer not null default 0;
create index embedding_index on embedding (model_id, index_id);

-- Vacuum takes what was deleted out of the graph by searching anew for the neighbours of whatever stood beside it: 3.6 s of
-- processor time for one conversation of 50 passages among 100,000, in which nothing else runs. So it leaves the indexes alone;
-- the row itself goes, its entry leads nowhere, and an index with many such entries is made anew in steps.
alter table embedding set (vacuum_index_cleanup = off);
