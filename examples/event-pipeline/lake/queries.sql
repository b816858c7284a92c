-- Cost per agent
SELECT tenant, agent_name AS agent, count(cost) AS model_calls, round(sum(cost), 6) AS usd
FROM events
WHERE type = 'MODEL_INVOCATION_END'
GROUP BY ALL
ORDER BY usd DESC, tenant;

-- Error rate per tool
SELECT started.tool, count(*) AS calls, count_if(ended.status = 'FAILED') AS failed, round(failed / calls, 3) AS rate
FROM events AS started
JOIN events AS ended USING (session_id, span_id)
WHERE started.type = 'TOOL_CALL_START' AND ended.type = 'TOOL_CALL_END'
GROUP BY ALL
ORDER BY rate DESC, tool;

-- Slowest sessions
SELECT tenant, session_id, date_diff('millisecond', min(time), max(time)) AS millis
FROM events
WHERE session_id NOT LIKE 'checkpoints-%'
GROUP BY ALL
ORDER BY millis DESC
LIMIT 5;

-- Decisions by policy
SELECT policy, outcome, count(*) AS decisions
FROM events
WHERE type = 'POLICY_DECISION'
GROUP BY ALL
ORDER BY policy, outcome;
