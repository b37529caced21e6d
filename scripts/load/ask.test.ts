import { expect, test } from 'vitest';
import { reasonOf } from './ask.ts';

test('an application says why, a page only its status', () => {
  expect(reasonOf(502, '{"error":\n "ECONNRESET"}')).toBe('502 {"error": "ECONNRESET"}');
  expect(reasonOf(503, '<!doctype html><title>Not ready</title>')).toBe('503');
});
