-- The topic as a queue: each message is the line of an event (KafkaSink with mode 'binary').
CREATE TABLE agent_events_queue (line String)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'localhost:9092',
    kafka_topic_list = 'agent-events',
    kafka_group_name = 'clickhouse',
    kafka_format = 'LineAsString',
    kafka_num_consumers = 1;

-- Delivery is at least once: copies of an event have the same key, and are merged.
CREATE TABLE agent_events
(
    event_id UUID,
    time DateTime64(6, 'UTC'),
    tenant LowCardinality(String),
    session_id String,
    span_id String,
    type LowCardinality(String),
    status LowCardinality(String),
    agent_name LowCardinality(String),
    tool LowCardinality(String),
    cost Float64,
    policy LowCardinality(String),
    outcome LowCardinality(String),
    line String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (tenant, session_id, event_id);

CREATE MATERIALIZED VIEW agent_events_reader TO agent_events AS
SELECT
    toUUID(JSONExtractString(line, 'event_id')) AS event_id,
    parseDateTime64BestEffort(JSONExtractString(line, 'timestamp'), 6, 'UTC') AS time,
    JSONExtractString(line, 'tenant_id') AS tenant,
    JSONExtractString(line, 'session_id') AS session_id,
    JSONExtractString(line, 'span_id') AS span_id,
    replaceOne(JSONExtractString(line, 'type'), 'EVENT_TYPE_', '') AS type,
    replaceOne(JSONExtractString(line, 'status'), 'EVENT_STATUS_', '') AS status,
    JSONExtractString(line, 'agent_name') AS agent_name,
    JSONExtractString(line, 'tool_call', 'name') AS tool,
    JSONExtractFloat(line, 'cost', 'total_cost') AS cost,
    JSONExtractString(line, 'policy', 'policy_id') AS policy,
    JSONExtractString(line, 'policy', 'outcome') AS outcome,
    line
FROM agent_events_queue;
