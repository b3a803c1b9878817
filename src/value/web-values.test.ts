// Values of the web platform: what is data comes back as it was, what is more is marked for what it is and not touched.

import { describe, expect, it } from 'vitest';
import { roundTrip } from '../../test/properties/round-trip.js';
import { Coded, fingerprint, Opaque } from './index.js';

/** What a value comes back as, and whether that is the same value to replay. */
function back(value: unknown, protect?: (text: string, key: string | undefined) => string): { decoded: unknown; opaque: readonly string[] } {
  const { decoded, captured } = roundTrip(value, protect === undefined ? {} : { protect });
  expect(roundTrip(decoded, protect === undefined ? {} : { protect }).captured.digestHex).toBe(captured.digestHex);
  return { decoded, opaque: captured.opaque };
}

describe('search parameters', () => {
  it('come back with their order and repeated names', () => {
    const { decoded, opaque } = back(new URLSearchParams('b=1&a=x%20y&b=2&__proto__=p&='));
    expect(decoded).toBeInstanceOf(URLSearchParams);
    expect([...(decoded as URLSearchParams)]).toEqual([
      ['b', '1'],
      ['a', 'x y'],
      ['b', '2'],
      ['__proto__', 'p'],
      ['', ''],
    ]);
    expect(opaque).toEqual([]);
  });

  it('of other order are another value', () => {
    expect(fingerprint(new URLSearchParams('a=1&b=2')).digest).not.toBe(fingerprint(new URLSearchParams('b=2&a=1')).digest);
  });

  it('are protected by name', () => {
    const { decoded } = back(new URLSearchParams('q=cats&api_key=s3cret'), (text, key) => (key === 'api_key' ? '***' : text));
    expect(String(decoded)).toBe('q=cats&api_key=***');
  });
});

describe('headers', () => {
  it('come back, cookies one by one', () => {
    const headers = new Headers({ 'Content-Type': 'text/plain', 'x-n': '1' });
    headers.append('x-n', '2');
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    const { decoded, opaque } = back(headers);
    expect(decoded).toBeInstanceOf(Headers);
    expect([...(decoded as Headers)]).toEqual([
      ['content-type', 'text/plain'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-n', '1, 2'],
    ]);
    expect(opaque).toEqual([]);
    expect([...(back(new Headers()).decoded as Headers)]).toEqual([]);
  });

  it('are protected by name, and are a marker where what is left is no header', () => {
    const headers = new Headers({ authorization: 'Bearer abc', accept: 'text/html' });
    const hidden = back(headers, (text, key) => (key === 'authorization' ? '[hidden]' : text)).decoded;
    expect([...(hidden as Headers)]).toEqual([
      ['accept', 'text/html'],
      ['authorization', '[hidden]'],
    ]);
    expect(back(headers, (text, key) => (key === 'authorization' ? 'two\nlines ' : text)).decoded).toEqual(
      new Coded('Headers', { accept: 'text/html', authorization: 'two\nlines ' }),
    );
  });

  it('of a class of their own keep its name, their fields, and their headers', () => {
    class Signed extends Headers {
      key = 'k1';
    }
    const { decoded } = back(new Signed({ a: '1' }));
    expect([(decoded as object).constructor.name, (decoded as Signed).key, (decoded as Headers).get('a')]).toEqual(['Signed', 'k1', '1']);
  });

  it('are told from what only looks like them, of which nothing is called', () => {
    const called: string[] = [];
    const fake = Object.create(Headers.prototype, { entries: { value: () => called.push('entries') } }) as object;
    expect(back(fake)).toEqual({ decoded: new Opaque('Headers', ''), opaque: ['a Headers was not stored'] });
    class Own {
      get [Symbol.toStringTag](): string {
        called.push('tag');
        return 'Headers';
      }
      entries(): never[] {
        called.push('entries');
        return [];
      }
    }
    Object.defineProperty(Own, 'name', { value: 'Headers' });
    expect(back(new Own()).decoded).toEqual(new Opaque('Headers', ''));
    expect(called).toEqual([]);
  });
});

describe('form data', () => {
  it('of text comes back with its order', () => {
    const form = new FormData();
    form.append('b', '1');
    form.append('a', 'x');
    form.append('b', '2');
    const { decoded, opaque } = back(form);
    expect(decoded).toBeInstanceOf(FormData);
    expect([...(decoded as FormData)]).toEqual([
      ['b', '1'],
      ['a', 'x'],
      ['b', '2'],
    ]);
    expect(opaque).toEqual([]);
  });

  it('with a file is a marker that holds the rest', () => {
    const form = new FormData();
    form.append('name', 'report');
    form.append('file', new Blob(['12345']), 'report.txt');
    expect(back(form)).toEqual({
      decoded: new Coded('FormData', [{ name: 'report' }, { file: new Opaque('File', '5 bytes') }]),
      opaque: ['a File (5 bytes) was not stored'],
    });
  });
});

describe('what has a body, or is alive, is a marker and is not touched', () => {
  it('a Response', async () => {
    const response = new Response('body', { status: 404 });
    expect(back(response)).toEqual({ decoded: new Opaque('Response', 'status 404'), opaque: ['a Response (status 404) was not stored'] });
    expect([response.bodyUsed, response.body?.locked, await response.text()]).toEqual([false, false, 'body']);
  });

  it('a Request', async () => {
    const request = new Request('http://127.0.0.1/?key=s3cret', { method: 'POST', body: 'body' });
    expect(back(request)).toEqual({ decoded: new Opaque('Request', 'POST'), opaque: ['a Request (POST) was not stored'] });
    expect([request.bodyUsed, await request.text()]).toEqual([false, 'body']);
  });

  it('a Blob and a File', () => {
    expect(back(new Blob(['12345'])).decoded).toEqual(new Opaque('Blob', '5 bytes'));
    expect(back(new File(['12345'], 'secret.txt')).decoded).toEqual(new Opaque('File', '5 bytes'));
  });

  it('an AbortSignal and its controller, aborted or not', () => {
    const controller = new AbortController();
    const before = fingerprint([controller.signal, controller]).digest;
    controller.abort();
    expect(fingerprint([controller.signal, controller]).digest).toBe(before);
    expect(back([controller.signal, controller]).decoded).toEqual([new Opaque('AbortSignal', ''), new Opaque('AbortController', '')]);
  });

  it('a response that a library made to look like one', () => {
    const asked: string[] = [];
    class Look {
      get status(): number {
        asked.push('status');
        return 200;
      }
      get [Symbol.toStringTag](): string {
        return 'Response';
      }
    }
    Object.defineProperty(Look, 'name', { value: 'Response' });
    expect(back(new Look()).decoded).toEqual(new Opaque('Response', ''));
    expect(asked).toEqual([]);
  });
});
