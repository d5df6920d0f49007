import { afterEach, describe, expect, it, vi } from 'vitest';
import { address, ApiError, request, setCsrf, setSignedOutHandler } from './client';

afterEach(() => vi.unstubAllGlobals());
function answer(status: number, body: unknown) {
  const fetched = vi.fn(async (..._args: [string, RequestInit]) => new Response(status === 204 ? null : JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
}
const headersOf = (fetched: ReturnType<typeof answer>) => fetched.mock.calls[0]?.[1].headers as Record<string, string>;

describe('requests', () => {
  it('carry the CSRF token and the version they mean to change', async () => {
    setCsrf('token');
    const fetched = answer(200, {});
    await request('PATCH', '/clients/1', { body: { a: 1 }, ifMatch: 7 });
    expect(headersOf(fetched)).toMatchObject({ 'X-CSRF-Token': 'token', 'If-Match': '"7"', 'Content-Type': 'application/json' });
  });
  it('that create carry a key, so that a repeat creates nothing twice', async () => {
    const fetched = answer(201, {});
    await request('POST', '/clients', { body: {} });
    expect(headersOf(fetched)['Idempotency-Key']).toMatch(/.{16,}/);
  });
  it('that only read carry no token', async () => {
    const fetched = answer(200, {});
    await request('GET', '/calls');
    expect(headersOf(fetched)['X-CSRF-Token']).toBeUndefined();
  });
  it('become errors that name the fields', async () => {
    answer(422, { error: { code: 'invalid', message: 'bad', fields: [{ field: 'topics', code: 'required', message: 'needed' }], request_id: 'r1' } });
    const error = await request('POST', '/calls/1/finish', { body: {} }).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code: 'invalid', requestId: 'r1', fields: [{ field: 'topics' }] });
  });
  it('survive an answer that is not ours', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(request('GET', '/calls')).rejects.toMatchObject({ status: 502, code: 'http_502' });
  });
  it('that never arrive say so', async () => {
    vi.stubGlobal('fetch', async () => { throw new TypeError('failed'); });
    await expect(request('GET', '/calls')).rejects.toMatchObject({ status: 0, code: 'offline' });
  });
  it('tell the page when the session has ended, but not when a log-in was refused', async () => {
    const ended = vi.fn();
    setSignedOutHandler(ended);
    answer(401, { error: { code: 'bad_credentials', message: '' } });
    await request('POST', '/session', { body: {} }).catch(() => undefined);
    expect(ended).not.toHaveBeenCalled();
    await request('GET', '/calls').catch(() => undefined);
    expect(ended).toHaveBeenCalledOnce();
  });
});

it('addresses leave out what is not asked', () => {
  expect(address('/calls', { state: 'all', operator: undefined, cursor: null, limit: 50 })).toBe('/api/v1/calls?state=all&limit=50');
});
