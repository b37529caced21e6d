import { file, web, type RuleFixtures } from './fixtures.ts';
import type { SourceFacts } from './rule.ts';

/** A source with texts, each on a line of its own. */
const source = (texts: readonly (readonly [name: string, text: string])[], { idle = false } = {}): SourceFacts => ({
  reads: [],
  sets: [],
  texts: texts.map(([name, text], index) => ({ name, text, place: `app.py:${String(index + 1)}`, idle })),
});
const built = { Dockerfile: 'FROM scratch\n' };

/** The fixtures of the rules that look at sources. */
export const sourceFixtures: Readonly<Record<string, RuleFixtures>> = {
  'unset-in-source': {
    fails: [
      [
        file('services:\n  web: {build: .}\n', { files: built, source: { reads: [{ name: 'URL', place: 'app.js:3' }], sets: [] } }),
        ['compose.yaml:2:3 the source of `web` reads `URL` (app.js:3), which nothing sets'],
      ],
    ],
    passes: [
      file('services:\n  web: {build: ., environment: {URL: x}}\n  w: {build: .}\n', {
        files: built,
        source: { reads: [{ name: 'URL', place: 'app.js:3' }], sets: [] },
      }),
      file('services:\n  web: {build: .}\n', {
        files: built,
        source: { reads: ['URL', 'PORT', 'NODE_ENV'].map((name) => ({ name, place: 'app.js:3' })), sets: ['URL'] },
      }),
    ],
  },
  'loopback-in-source': {
    fails: [
      [
        file('services:\n  web: {build: .}\n  db: {image: "redis:7"}\n', {
          files: built,
          source: source([
            ['', 'redis://:pw@127.0.0.1:16379/0'],
            ['API', 'http://localhost:6379/x'],
          ]),
        }),
        [
          'compose.yaml:2:3 the source of `web` looks for `db` in its own container (app.py:1)',
          'compose.yaml:2:3 the source of `web` looks for `db` in its own container (app.py:2)',
        ],
      ],
    ],
    passes: [
      file('services:\n  web: {build: ., ports: ["80:6379"]}\n  db: {image: "redis:7"}\n', {
        files: built,
        source: source([
          ['A', 'http://localhost:6379/'],
          ['B', 'http://localhost:9999/'],
          ['C', 'redis://db:6379'],
        ]),
      }),
      file('services:\n  web: {build: .}\n  db: {image: "redis:7"}\n', {
        files: built,
        source: source([['A', 'redis://localhost:6379']], { idle: true }),
      }),
      file('services:\n  web: {build: .}\n', { files: built, source: source([['A', 'redis://localhost:6379']]) }),
    ],
  },
  'secret-in-source': {
    fails: [
      [
        file('services:\n  web: {build: .}\n', {
          files: built,
          source: source(
            [
              ['SECRET_KEY', 'django-insecure-0a9fj39f'],
              ['LDAP_PASSWORD', 'P@ssw0rd!'],
              ['SENTRY_DSN', 'https://0123456789abcdef0123@sentry.example.com/1'],
              ['', 'postgres://u:geheim@db/x'],
              ['x', 'AKIAIOSFODNN7EXAMPLE'],
            ],
            { idle: true },
          ),
        }),
        [
          'compose.yaml:2:3 the source of `web` holds a password in an address (app.py:4)',
          'compose.yaml:2:3 the source of `web` holds a secret in `LDAP_PASSWORD` (app.py:2)',
          'compose.yaml:2:3 the source of `web` holds a secret in `SECRET_KEY` (app.py:1)',
          'compose.yaml:2:3 the source of `web` holds a secret in `SENTRY_DSN` (app.py:3)',
          'compose.yaml:2:3 the source of `web` holds an access key of AWS in `x` (app.py:5)',
        ],
      ],
    ],
    passes: [
      file('services:\n  web: {build: .}\n', {
        files: built,
        source: source([
          ['tokenMessage', 'The token has 3 parts'],
          ['csrf_token', 'csrfmiddlewaretoken'],
          ['API_KEY_HEADER', 'X-Api-Key-2'],
          ['password', '${PASSWORD1}'],
          ['HOME', 'https://example.com/a1'],
          ['help', 'http://[user:passwd@]proxy:port or http://user:password@proxy'],
        ]),
      }),
    ],
  },
  'file-log-in-source': {
    fails: [
      [
        file('services:\n  web: {build: .}\n', {
          files: built,
          source: { reads: [], sets: [], logs: [{ file: 'logs/a.log', place: 'a.py:3' }] },
        }),
        ['compose.yaml:2:3 the source of `web` writes its log to the file `logs/a.log` (a.py:3)'],
      ],
    ],
    passes: [file('services:\n  web: {build: .}\n', { files: built, source: source([]) })],
  },
  'unkept-data': {
    fails: [
      [
        file('services:\n  db: {image: "mysql:8", volumes: ["./init.sql:/docker-entrypoint-initdb.d/init.sql"]}\n'),
        ['compose.yaml:2:3 no volume keeps the data of `db`'],
      ],
    ],
    passes: [
      file('services:\n  db: {image: "postgres:17", volumes: ["db:/var/lib/postgresql"]}\n  r: {image: "redis:7"}\nvolumes: {db: }\n'),
      file(
        'services:\n  db: {image: "mongo:7", tmpfs: /data/db}\n  es: {image: "x/elasticsearch:8", volumes: ["/es:/usr/share/elasticsearch/data"]}\n',
      ),
    ],
  },
  'unfit-command': {
    fails: [
      [web('command: python manage.py runserver 0:80'), ['compose.yaml:2:33 `web` starts a development server: `manage.py runserver`']],
      [web('command: [npm, run, dev]'), ['compose.yaml:2:33 `web` starts a development server: `npm run dev`']],
      [
        file('services:\n  web: {build: .}\n', { files: built, source: { ...source([]), command: 'python manage.py migrate' } }),
        ['compose.yaml:2:3 `web` starts a command that ends: `manage.py migrate`'],
      ],
    ],
    passes: [
      web('command: gunicorn -w 4 app:app'),
      web('command: sh -c "python manage.py migrate && gunicorn app"'),
      file('services:\n  web: {build: ., command: node a.js}\n', { files: built, source: { ...source([]), command: 'npm run dev' } }),
      file(
        'services:\n  m: {image: "x:1", command: python manage.py migrate}\n  w: {image: "x:1", depends_on: {m: {condition: service_completed_successfully}}}\n',
      ),
    ],
  },
};
