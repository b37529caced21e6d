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
