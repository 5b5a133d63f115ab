import { describe, expect, it } from '@jest/globals';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';
import { readBody } from './request-body.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const read = (text: string, headers: Record<string, string>) => readBody(Buffer.from(text), headers);

describe('a request body', () => {
  it.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"', 'application/json; x=y'])(
    'is read as JSON under %s',
    (type) => {
      expect(read('{"a":["ä",1]}', { 'content-type': type })).toEqual({ a: ['ä', 1] });
    },
  );

  it('is read as a form, a field that stands twice as a list', () => {
    expect(read('a=1&b=%C3%A4+%2B&a=2&c', FORM)).toEqual({ a: ['1', '2'], b: 'ä +', c: '' });
  });

  it.each([
    ['JSON', '{"__proto__":{"admin":true}}', JSON_TYPE],
    ['a form', '__proto__=admin&constructor=x', FORM],
  ])('of %s cannot touch the prototype of objects', (_, text, headers) => {
    const body = read(text, headers);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(Object.hasOwn(Object(body), '__proto__')).toBe(true);
    expect({}).not.toHaveProperty('admin');
  });

  it('that is empty is no body, whatever its type', () => {
    expect(read('', { 'content-type': 'text/xml' })).toBeUndefined();
  });

  it.each([
    ['without a type', {}],
    ['of another type', { 'content-type': 'text/plain' }],
    ['of a type that is like JSON', { 'content-type': 'application/json+x' }],
    ['of a type that every object has', { 'content-type': 'constructor' }],
    ['in another character set', { 'content-type': 'application/json; charset=utf-16' }],
    ['that is compressed', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('%s is not supported', (_, headers) => {
    expect(() => read('{}', headers)).toThrow(UnsupportedMediaTypeException);
  });

  it('that is not JSON is refused without repeating it', () => {
    expect(() => read('{"password":"hunter2"', JSON_TYPE)).toThrow(new BadRequestException('The body is not JSON.'));
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => readBody(Buffer.from([0x22, 0xff, 0x22]), JSON_TYPE)).toThrow(new BadRequestException('The body is not UTF-8.'));
  });
});
