from django.db import migrations

from zhigong.kernel.db.scoped import grant

# After a large import the planner must know the new sizes at once; only owners may analyse, hence the definer.
# relpages is from the last time: a table that has grown by less than a quarter since is described well enough, and
# gathering it anew after each of twenty workbooks costs as much as bringing in three of them.
ANALYSE = """
CREATE OR REPLACE FUNCTION people_analyse() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    grown text;
BEGIN
    FOR grown IN
        SELECT format('%I.%I', 'public', c.relname) FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace
          AND c.relname IN ('people_person', 'people_membership', 'people_tally', 'orgs_union', 'orgs_employer')
          AND pg_relation_size(c.oid) > c.relpages * current_setting('block_size')::bigint * 5 / 4
        ORDER BY c.relname
    LOOP
        EXECUTE 'ANALYZE ' || grown;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION people_analyse() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_analyse() TO {job};
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0005_households")]
    operations = [grant(ANALYSE)]
