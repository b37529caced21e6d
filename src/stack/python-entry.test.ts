import { expect, test } from 'vitest';
import { memoryTree } from '../../test/fakes/memory-tree.ts';
import { findPythonEntry } from './python-entry.ts';

const fastapi = 'from fastapi import FastAPI\napp = FastAPI()\n';

test.each<[string, 'flask' | 'fastapi', Record<string, string>, object]>([
  ['app.py', 'flask', { 'app.py': 'app = Flask(__name__)\n' }, { module: 'app', object: 'app', factory: false }],
  ['another name of the object', 'flask', { 'app.py': 'web = flask.Flask(__name__)\n' }, { module: 'app', object: 'web' }],
  ['a type annotation', 'fastapi', { 'main.py': 'service: FastAPI = FastAPI(title="x")\n' }, { module: 'main', object: 'service' }],
  ['any file name', 'fastapi', { 'shop.py': fastapi, 'util.py': 'x = 1\n' }, { module: 'shop' }],
  ['a package', 'fastapi', { 'app/__init__.py': '', 'app/main.py': fastapi }, { module: 'app.main', directory: undefined }],
  ['a package with the object in __init__', 'flask', { 'shop/__init__.py': 'app = Flask(__name__)\n' }, { module: 'shop' }],
  [
    'a factory',
    'flask',
    { 'shop/__init__.py': 'def create_app(c=None):\n    x = 1\n\n    app = Flask(__name__)\n    return app\n' },
    { module: 'shop', object: 'create_app', factory: true },
  ],
  [
    'a factory that is called',
    'flask',
    {
      'wsgi.py': 'from shop import create_app\napp = create_app()\n',
      'shop/__init__.py': 'def create_app():\n    app = Flask(__name__)\n    return app\n',
    },
    { module: 'wsgi', object: 'app', factory: false },
  ],
  [
    'src whose neighbours are imported plainly',
    'fastapi',
    { 'src/main.py': `import models\n${fastapi}`, 'src/models.py': '' },
    { module: 'main', directory: 'src' },
  ],
  [
    'src that is named in imports',
    'fastapi',
    { 'src/main.py': `from src.models import A\n${fastapi}`, 'src/models.py': '' },
    { module: 'src.main', directory: undefined },
  ],
  ['a package in src', 'fastapi', { 'src/shop/__init__.py': '', 'src/shop/api.py': fastapi }, { module: 'shop.api', directory: 'src' }],
  [
    'main.py before others, tests never',
    'fastapi',
    { 'tests/main.py': fastapi, 'other.py': fastapi, 'main.py': fastapi },
    { module: 'main' },
  ],
])('%s', async (_name, framework, files, expected) => {
  expect(await findPythonEntry(memoryTree(files), framework)).toMatchObject(expected);
});

test('a mention in a comment or a function call is no application', async () => {
  const text = '# app = FastAPI()\ndef test():\n    client(FastAPI())\n';
  expect(await findPythonEntry(memoryTree({ 'main.py': text }), 'fastapi')).toBeUndefined();
});
