import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.ts';

const knowing = (...values: (string | Uint8Array)[]): Redactor => {
  const redactor = new Redactor();
  for (const value of values) redactor.learn(value);
  return redactor;
};

describe('Redactor', () => {
  it.each([
    ['itself', 'hunter2hunter2'],
    ['with a quote and a slash', 'hun"ter/2 hunter'],
    ['with several lines', 'first-line-of-key\nsecond-line-of-key\n'],
  ])('takes out a value %s, in every form that texts have it in', (_how, value) => {
    const redactor = knowing(value);
    const forms = [value, JSON.stringify(value), encodeURIComponent(value), Buffer.from(value).toString('base64')];
    for (const form of [...forms, ...value.split('\n').filter((line) => line !== '')]) {
      const cleaned = redactor.text(`before ${form} after`);
      for (const line of value.trim().split('\n')) expect(cleaned).not.toContain(line);
      expect(cleaned).toMatch(/^before .*\[secret\].* after$/s);
    }
  });

  it('takes the longer of two out whole, and bytes like text', () => {
    expect(knowing('secret-1', Buffer.from('secret-1-long')).text('secret-1-long secret-1')).toBe('[secret] [secret]');
  });

  it('goes through data, and leaves all else', () => {
    const data = { list: ['canary1', 1, null, { deep: 'a canary1 b' }], none: undefined };
    expect(knowing('canary1').data(data)).toEqual({ list: ['[secret]', 1, null, { deep: 'a [secret] b' }], none: undefined });
  });

  it('keeps the words of the program, though a value is one of them', () => {
    const redactor = new Redactor(['service']);
    redactor.learn('postgres');
    expect(redactor.data({ service: 'postgres', message: 'postgres failed' })).toEqual({ service: 'postgres', message: '[secret] failed' });
  });

  it('leaves texts alone that are too short to be told from others', () => {
    expect(knowing('on', 'true', '').text('turn it on: true')).toBe('turn it on: true');
  });
});
