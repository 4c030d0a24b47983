-- The index of words is made of terms: words stemmed by the language they are in, pairs of letters where a script has no
-- blanks (engine/words). Postgres has one text configuration for an index, hence terms made outside it, and `simple`
-- that takes them as they are.
--
-- Chunks that were there get their terms in the background; a search uses the index of before until all have them, which
-- is when that index and its column go. In an empty database they go at once.
alter table chunk add column language text; -- ISO 639-1; null when it is plainly none
alter table chunk add column terms text;    -- null until they are made; empty for a section, which is not searched
create index chunk_terms on chunk using bm25 (terms) with (text_config = 'simple');
create index chunk_termless on chunk (id) where terms is null;
-- which languages there are, beside English
create index chunk_language on chunk (language) where language <> 'en';

do $$
begin
  if not exists (select from chunk) then
    drop index chunk_words;
    alter table chunk drop column enriched_text;
  end if;
end $$;
