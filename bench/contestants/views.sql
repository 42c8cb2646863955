-- What PostGraphile shows: views over the hub's own tables, with the formats of the hub's answers.
DROP SCHEMA IF EXISTS bench_views CASCADE;
CREATE SCHEMA bench_views;
SET search_path = {projection}, truth;
CREATE FUNCTION bench_views.instant(at bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT to_char(to_timestamp(at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.' || lpad((at % 1000000)::text, 6, '0') || 'Z' $$;
CREATE FUNCTION bench_views.money(amount bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN amount < 0 THEN '-' ELSE '' END || abs(amount) / 100 || '.' || lpad((abs(amount) % 100)::text, 2, '0') $$;
CREATE VIEW bench_views.customers AS
  SELECT c.id, c.num, c.display_name, c.email, c.phone, c.stage, c.standing, bench_views.instant(c.stage_since) AS since,
    bench_views.money(coalesce(v.revenue, 0)) AS revenue, c.currency, coalesce(v.orders, 0)::int AS orders,
    bench_views.instant(v.first_purchase_at) AS first_purchase_at,
    bench_views.instant(v.last_purchase_at) AS last_purchase_at, c.last_touch_at AS last_touch
  FROM customer c LEFT JOIN customer_value v ON v.customer = c.num AND v.currency = c.currency
  WHERE c.relationship = 'CUSTOMER';
CREATE VIEW bench_views.touchpoints AS
  SELECT t.id, t.customer, t.kind, t.channel, t.direction, t.automated, bench_views.instant(t.occurred_at) AS occurred_at,
    t.title, bench_views.money(t.amount) AS amount, t.currency, t.occurred_at AS happened
  FROM touchpoint t WHERE t.retracted_at IS NULL;
CREATE VIEW bench_views.identifiers AS
  SELECT i.num, i.customer, i.kind, i.value, i.display FROM identifier i WHERE NOT i.hidden;
CREATE VIEW bench_views.stats AS
  SELECT c.stage, t.channel, substr(t.occurred_on, 1, 7) || '-01' AS period, count(*)::int AS touchpoints,
    bench_views.money(coalesce(sum(t.amount), 0)::bigint) AS amount, 'EUR'::text AS currency
  FROM touchpoint t JOIN customer c ON c.num = t.customer
  WHERE t.retracted_at IS NULL AND c.relationship = 'CUSTOMER'
  GROUP BY 1, 2, 3 ORDER BY 4 DESC;
COMMENT ON VIEW bench_views.customers IS E'@primaryKey id\n@unique num';
COMMENT ON VIEW bench_views.touchpoints IS
  E'@primaryKey id\n@foreignKey (customer) references bench_views.customers (num)|@foreignFieldName timeline|@fieldName owner';
COMMENT ON VIEW bench_views.identifiers IS
  E'@primaryKey num\n@foreignKey (customer) references bench_views.customers (num)|@foreignFieldName identifiers|@fieldName owner';
