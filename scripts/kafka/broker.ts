/** A real Kafka broker for tests, examples and benchmarks: on free ports of 127.0.0.1. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Admin } from '@platformatic/kafka';
import { freePorts } from '../backends/free-ports.js';
import { PortTaken, type ServerProcess, startServer } from '../backends/server-process.js';
import { installKafka } from './install.js';

const logs = fileURLToPath(new URL('../../.cache/kafka/logs', import.meta.url));
const ATTEMPTS = 3;

/** A broker that this process has started, or that KAFKA_BOOTSTRAP names. */
export interface KafkaBroker {
  /** Its address: `127.0.0.1:9092`. */
  readonly bootstrap: string;
  /** Its address for clients that log in, if it has one: `localhost:9093`. */
  readonly secureBootstrap: string | undefined;
  /** Creates a topic, which must not exist. */
  createTopic(topic: string, options?: TopicOptions): Promise<void>;
  /** Ends the broker with SIGKILL, as a crash does. Its data stays. */
  kill(): Promise<void>;
  /** Starts it again with the same address and data. */
  start(): Promise<void>;
  /** Adds a broker to the cluster, with the id 2. */
  addBroker(): Promise<AddedBroker>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** A further broker of a cluster. */
export interface AddedBroker {
  /** Stops it in order, so that the first broker becomes the leader of partitions that both have, and removes its data. */
  stop(): Promise<void>;
}

export interface TopicOptions {
  readonly partitions?: number;
  /** Ids of the brokers that have each partition, its leader first: `[[2, 1]]`. Instead of `partitions`. */
  readonly brokers?: readonly (readonly number[])[];
  /** Settings of the topic: `{ 'max.message.bytes': '1000' }`. */
  readonly configs?: Readonly<Record<string, string>>;
}

export interface KafkaOptions {
  /** Part of the name of the log file, to distinguish the runs of several test files. */
  readonly label?: string;
  /** Settings of the broker besides those that are needed: `{ 'message.max.bytes': '100000' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Adds a listener for encrypted connections of one user. */
  readonly secure?: SecureListener;
}

/** A listener with TLS and SASL, for the mechanisms PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
export interface SecureListener {
  /** File with the private key and the certificate of `localhost`, in PEM. */
  readonly keyStore: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Starts a broker, or uses the one that KAFKA_BOOTSTRAP names, which is neither killed nor stopped. One with a secure
 * listener is always started.
 */
export async function startKafka({
  label = 'kafka',
  settings = {},
  secure,
}: KafkaOptions = {}): Promise<KafkaBroker> {
  const given = process.env.KAFKA_BOOTSTRAP ?? '';
  if (given !== '' && secure === undefined) return givenBroker(given);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnFreePorts(label, settings, secure);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnFreePorts(
  label: string,
  settings: Readonly<Record<string, string>>,
  secure: SecureListener | undefined,
): Promise<KafkaBroker> {
  const clusterId = randomBytes(16).toString('base64url');
  const { broker, controller, login } = await freePorts('broker', 'controller', 'login');
  const bootstrap = `127.0.0.1:${broker}`;
  const secureBootstrap = secure && `localhost:${login}`;
  const listener = secure && secureSettings(broker, controller, login, secure);
  const node = makeNode(
    label,
    clusterId,
    { ...firstSettings(broker, controller), ...listener, ...settings },
    secure,
  );
  const start = () => startNode(node, bootstrap);
  let server = await start();
  return {
    bootstrap,
    secureBootstrap,
    createTopic: (topic, options) => createTopic(bootstrap, topic, options),
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.stop();
    },
    async start() {
      server = await start();
    },
    async addBroker() {
      const { second } = await freePorts('second');
      const added = makeNode(`${label}-2`, clusterId, { ...secondSettings(second, controller), ...settings });
      const server2 = await startNode(added, `127.0.0.1:${second}`);
      return {
        async stop() {
          await server2.stop();
          rmSync(added.folder, { recursive: true, force: true });
        },
      };
    },
    async stop() {
      await server.stop();
      rmSync(node.folder, { recursive: true, force: true });
    },
  };
}

/** A server of the cluster, whether it runs or not. */
interface KafkaNode {
  readonly folder: string;
  readonly properties: string;
  readonly classPath: string;
  readonly logFile: string;
}

/** Makes the folder of a server, with its settings and its formatted data. */
function makeNode(
  label: string,
  clusterId: string,
  settings: Readonly<Record<string, string>>,
  secure?: SecureListener,
): KafkaNode {
  const classPath = path.join(installKafka(), '*');
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-'));
  const properties = path.join(folder, 'server.properties');
  writeFileSync(properties, propertiesOf({ ...settings, 'log.dirs': path.join(folder, 'data') }));
  const isController = settings['process.roles']?.includes('controller') ?? false;
  const { error, status, stdout, stderr } = spawnSync(
    'java',
    [
      ...['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-c', properties],
      // As one word, because an id may begin with a hyphen.
      `--cluster-id=${clusterId}`,
      isController ? '--standalone' : '--no-initial-controllers',
      ...(secure === undefined ? [] : scramUser(secure)),
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(`Kafka's folder could not be formatted: ${error?.message ?? `${stdout}${stderr}`}`);
  }
  return { folder, properties, classPath, logFile: path.join(logs, `${label}.log`) };
}

async function startNode(
  { folder, properties, classPath, logFile }: KafkaNode,
  bootstrap: string,
): Promise<ServerProcess> {
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  try {
    return await startServer({
      name: 'Kafka',
      binary: 'java',
      args: [...options, '-cp', classPath, 'kafka.Kafka', properties],
      env: {},
      health: () => metadataProblem(bootstrap),
      logFile,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function givenBroker(bootstrap: string): KafkaBroker {
  const refuse = async () => {
    throw new Error('The broker that KAFKA_BOOTSTRAP names is not killed; unset it to have one started.');
  };
  return {
    bootstrap,
    secureBootstrap: undefined,
    createTopic: (topic, options) => createTopic(bootstrap, topic, options),
    kill: refuse,
    start: refuse,
    addBroker: refuse,
    stop: async () => {},
  };
}

/** Settings of a server that is broker and controller. */
function firstSettings(broker: number, controller: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    ...commonSettings(broker, controller),
  };
}

/** Settings that replace some of the first server's, so that it has a listener with TLS and SASL. */
function secureSettings(
  broker: number,
  controller: number,
  login: number,
  { keyStore, username, password }: SecureListener,
): Record<string, string> {
  const ofListener = 'listener.name.sasl_ssl';
  const modules = 'org.apache.kafka.common.security';
  return {
    listeners: `PLAINTEXT://127.0.0.1:${broker},SASL_SSL://127.0.0.1:${login},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_SSL://localhost:${login}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
    'sasl.enabled.mechanisms': ['PLAIN', ...SCRAM_MECHANISMS].join(','),
    [`${ofListener}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
    ...Object.fromEntries(
      SCRAM_MECHANISMS.map((mechanism) => [
        `${ofListener}.${mechanism.toLowerCase()}.sasl.jaas.config`,
        `${modules}.scram.ScramLoginModule required;`,
      ]),
    ),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
  };
}

const SCRAM_MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** Arguments for the tool that formats the folder, where a cluster keeps these users. */
function scramUser({ username, password }: SecureListener): string[] {
  return SCRAM_MECHANISMS.flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]);
}

/** Settings of a server that is a broker of the same cluster. */
function secondSettings(broker: number, controller: number): Record<string, string> {
  return {
    'process.roles': 'broker',
    'node.id': '2',
    listeners: `PLAINTEXT://127.0.0.1:${broker}`,
    ...commonSettings(broker, controller),
  };
}

function commonSettings(broker: number, controller: number): Record<string, string> {
  return {
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  };
}

function propertiesOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Returns why the broker cannot be used yet; `undefined` if it can. */
async function metadataProblem(bootstrap: string): Promise<string | undefined> {
  const admin = adminOf(bootstrap);
  try {
    await admin.listTopics();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await admin.close();
  }
}

async function createTopic(
  bootstrap: string,
  topic: string,
  { partitions = 1, brokers, configs = {} }: TopicOptions = {},
): Promise<void> {
  const admin = adminOf(bootstrap);
  try {
    await admin.createTopics({
      topics: [topic],
      ...(brokers === undefined
        ? { partitions, replicas: 1 }
        : {
            partitions: -1,
            replicas: -1,
            assignments: brokers.map((ids, partition) => ({ partition, brokers: [...ids] })),
          }),
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    });
  } finally {
    await admin.close();
  }
}

function adminOf(bootstrap: string): Admin {
  return new Admin({
    clientId: 'kafka-broker',
    bootstrapBrokers: [bootstrap],
    connectTimeout: 1_000,
    timeout: 5_000,
    retries: 0,
  });
}
