"""The statements of the budget. Each is one transaction: rows are locked first and judged afterwards, so
that what is judged is what the last holder left.
"""

ENSURE_ROWS = """
INSERT INTO core_call_budget (bucket, credential, leases)
SELECT %(bucket)s, unnest(%(credentials)s::text[]), '{}' ON CONFLICT DO NOTHING
"""

# `remaining` counts points, the announced limit's unit. A lease is a quarter of what is free at most, so
# that no process holds the last calls of a window alone, and one call while nothing is known.
#
# `owed` counts seconds, by the generic cell rate algorithm: a call costs `interval` of them, and `ahead` may
# be owed already. An interval of 0 paces nothing.
#
# A lease ends with its time, or with the connection that took it: what a killed process held is free at once.
LEASE = """
WITH locked AS MATERIALIZED (
    SELECT * FROM core_call_budget
    WHERE bucket = %(bucket)s AND credential = ANY(%(credentials)s::text[])
    ORDER BY id FOR UPDATE
), live AS (
    SELECT locked.id,
        CASE WHEN reset_at <= clock_timestamp() THEN call_limit ELSE remaining END AS remaining,
        CASE WHEN reset_at <= clock_timestamp() THEN clock_timestamp() + make_interval(secs => %(unknown)s)
            ELSE reset_at END AS reset_at,
        greatest(extract(epoch FROM free_at - clock_timestamp()), 0)::float8 AS owed,
        extract(epoch FROM held_until - clock_timestamp())::float8 AS held_for,
        lease.*
    FROM locked, LATERAL (
        SELECT coalesce(jsonb_object_agg(key, value), '{}') AS held,
            count(*) AS holders,
            coalesce(sum((value->>'calls')::int), 0) AS leased_points,
            coalesce(sum((value->>'weight')::int), 0) AS leased_weight,
            to_timestamp(min((value->>'until')::float8)) AS until
        FROM jsonb_each(locked.leases)
        WHERE (value->>'until')::float8 > extract(epoch FROM clock_timestamp())
            AND (value->>'backend')::int IN (SELECT pid FROM pg_stat_activity)
    ) AS lease
), judged AS (
    SELECT *, remaining - leased_points AS free,
        coalesce(remaining - leased_points < %(points)s, false) AS spent,
        holders >= %(holders)s AS crowded, coalesce(held_for > 0, false) AS hold
    FROM live
), richest AS (
    SELECT *,
        greatest(%(points)s, CASE WHEN free IS NOT NULL THEN least(%(calls)s, ceil(free / 4.0))
            WHEN NOT %(announces)s THEN %(calls)s END)::int AS points,
        CASE WHEN %(interval)s::float8 = 0 THEN %(calls)s * %(weight)s
            ELSE greatest(%(weight)s, least(%(calls)s, %(leased)s - leased_weight,
                floor((%(ahead)s::float8 - owed) / %(interval)s::float8) + 1)) END::int AS weight
    FROM judged WHERE NOT (spent OR crowded OR hold) AND owed <= %(ahead)s::float8
    ORDER BY free DESC NULLS FIRST, owed, id LIMIT 1
), updated AS (
    UPDATE core_call_budget AS budget
    SET remaining = richest.remaining, reset_at = richest.reset_at,
        free_at = CASE WHEN %(interval)s::float8 = 0 THEN free_at
            ELSE clock_timestamp() + make_interval(secs => owed + weight * %(interval)s::float8) END,
        leases = held || jsonb_build_object(%(holder)s::text, jsonb_build_object(
            'calls', points, 'weight', weight, 'backend', pg_backend_pid(),
            'until', extract(epoch FROM clock_timestamp()) + %(seconds)s::float8))
    FROM richest WHERE budget.id = richest.id
    RETURNING budget.credential, points, weight
)
SELECT (SELECT credential FROM updated), (SELECT points FROM updated), (SELECT weight FROM updated),
    (SELECT min(greatest(
        CASE WHEN spent THEN extract(epoch FROM least(reset_at, until) - clock_timestamp()) END,
        CASE WHEN crowded THEN least(extract(epoch FROM until - clock_timestamp()), %(crowded)s) END,
        held_for,
        owed - %(ahead)s::float8
    ))::float8 FROM judged)
"""

# Within a window the smallest number seen is the newest; calls whose answers were not seen count as made.
# What was paid for and not used is paid back.
SETTLE = """
UPDATE core_call_budget SET
    leases = leases - %(holder)s::text,
    call_limit = coalesce(%(limit)s::int, call_limit),
    remaining = CASE
        WHEN %(remaining)s::int IS NULL THEN remaining
        WHEN reset_at > clock_timestamp() THEN least(remaining, %(remaining)s::int)
        ELSE %(remaining)s::int END - %(unseen)s::int,
    reset_at = CASE
        WHEN reset_at > clock_timestamp() AND remaining < %(remaining)s::int THEN reset_at
        ELSE coalesce(clock_timestamp() + make_interval(secs => %(reset_in)s::float8), reset_at) END,
    free_at = free_at - make_interval(secs => %(unused)s::int * %(interval)s::float8)
WHERE bucket = %(bucket)s AND credential = %(held)s
"""

# A source that says "not now" to a credential means all that it does; nobody's calls are everybody's.
HOLD = """
UPDATE core_call_budget
SET held_until = greatest(held_until, clock_timestamp() + make_interval(secs => %(wait)s::float8))
WHERE credential = %(held)s AND (bucket = %(bucket)s OR credential <> %(anonymous)s)
"""
