import { expect, it } from 'vitest';
import { writtenBases } from './written-bases.ts';

it('knows the bases of an ejected Dockerfile again', () => {
  const text =
    'ARG BERTH_BASE_NODE_BUILD=node:24-bookworm-slim\nARG BERTH_BASE_NODE=node:24-bookworm-slim\nARG OTHER=node:20\nFROM ${BERTH_BASE_NODE}\n';
  expect(writtenBases(text, {})).toEqual([
    { argument: 'BERTH_BASE_NODE_BUILD', id: 'node-build:24', registry: 'node:24-bookworm-slim' },
    { argument: 'BERTH_BASE_NODE', id: 'node-run:24', registry: 'node:24-bookworm-slim' },
  ]);
});

it('leaves a base that the application file sets alone', () => {
  expect(writtenBases('ARG BERTH_BASE_PYTHON=python:3.13-slim\n', { BERTH_BASE_PYTHON: 'mine:1' })).toEqual([]);
});
