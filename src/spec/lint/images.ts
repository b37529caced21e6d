import type { Service } from '../../model/index.ts';

/** Programs that keep data and answer on a port of their own, by the last part of their image's name. */
const stores: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgis: 5432,
  postgresql: 5432,
  timescaledb: 5432,
  pgvector: 5432,
  mysql: 3306,
  mariadb: 3306,
  percona: 3306,
  mongo: 27_017,
  mongodb: 27_017,
  redis: 6379,
  valkey: 6379,
  keydb: 6379,
  memcached: 11_211,
  rabbitmq: 5672,
  elasticsearch: 9200,
  opensearch: 9200,
  kafka: 9092,
  nats: 4222,
  minio: 9000,
  cassandra: 9042,
  clickhouse: 8123,
  'clickhouse-server': 8123,
  influxdb: 8086,
  mssql: 1433,
};

/** Where those keep what must not be lost; a cache is not among them. */
const data: Readonly<Record<string, string>> = {
  postgres: '/var/lib/postgresql/data',
  postgis: '/var/lib/postgresql/data',
  timescaledb: '/var/lib/postgresql/data',
  pgvector: '/var/lib/postgresql/data',
  mysql: '/var/lib/mysql',
  mariadb: '/var/lib/mysql',
  percona: '/var/lib/mysql',
  mongo: '/data/db',
  rabbitmq: '/var/lib/rabbitmq',
  elasticsearch: '/usr/share/elasticsearch/data',
  opensearch: '/usr/share/opensearch/data',
  minio: '/data',
  cassandra: '/var/lib/cassandra',
  clickhouse: '/var/lib/clickhouse',
  'clickhouse-server': '/var/lib/clickhouse',
};

/** Where the database or queue that a service is by its image keeps its data; undefined when it is none. */
export function dataPath(service: Pick<Service, 'image' | 'build'>): string | undefined {
  const name =
    storePort(service) === undefined
      ? ''
      : (repositoryOf(service.image ?? '')
          .split('/')
          .at(-1) ?? '');
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

/** The port of the database, queue or cache that a service is by its image; undefined when it is none. */
export function storePort({ image, build }: Pick<Service, 'image' | 'build'>): number | undefined {
  if (image === undefined || build !== undefined) return undefined;
  const name = repositoryOf(image).split('/').at(-1) ?? '';
  return Object.hasOwn(stores, name) ? stores[name] : undefined;
}

/** The name of an image without its tag and digest. */
export function repositoryOf(image: string): string {
  return (image.split('@')[0] ?? '').replace(/:[^/:]*$/, '');
}

/** The ports that a service answers on inside its network. */
export function portsOf(service: Service): ReadonlySet<number> {
  const store = storePort(service);
  return new Set([
    ...(service.port === undefined ? [] : [service.port]),
    ...service.expose,
    ...service.ports.filter(({ protocol }) => protocol === 'tcp').map(({ target }) => target),
    ...(store === undefined ? [] : [store]),
  ]);
}
