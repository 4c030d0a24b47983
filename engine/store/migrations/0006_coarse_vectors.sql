-- The coarse form of a vector that is in an index becomes a column. It was computed from the vector, and Postgres computes what
-- it orders by once more for every row that an index gives: three quarters of a search by meaning.
--
-- The indexes of before go; what they held is searched vector by vector until the job has put it into a new one, in steps.
alter table embedding add column coarse bit varying; -- null where index_id is 0

do $$
declare
  gone integer;
begin
  for gone in select id from vector_index loop
    execute format('drop index embedding_coarse_%s', gone);
  end loop;
end $$;
delete from vector_index;
update embedding set index_id = 0 where index_id <> 0;
