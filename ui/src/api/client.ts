/** One way to talk to the server: JSON in, JSON out, every refusal an `ApiError` that names its fields. */
import type { Candidate, FieldFault } from './types';

export const BASE = '/api/v1';

/** A refusal of the server, or a request that never arrived (`status` 0, code `offline`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: FieldFault[] = [],
    readonly requestId: string | null = null,
    readonly duplicates: Candidate[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

let csrf = '';
let clockOffsetMs = 0;
let onSignedOut: () => void = () => {};

export function setCsrf(token: string): void { csrf = token; }
export function setSignedOutHandler(handler: () => void): void { onSignedOut = handler; }
/** The server does not know this session any more. */
export function signedOut(): void { onSignedOut(); }

/** The server's time as this page believes it to be, so that timers agree on every screen of the floor. */
export function serverNow(): number { return Date.now() + clockOffsetMs; }

export interface RequestOptions {
  body?: unknown;
  /** Sent as it is, with this content type (uploads). */
  raw?: Blob;
  query?: Record<string, string | number | boolean | null | undefined>;
  ifMatch?: number;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export function address(path: string, query?: RequestOptions['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const tail = search.toString();
  return `${BASE}${path}${tail ? `?${tail}` : ''}`;
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** The beginning of a text that may be too long for a page: about `limit` bytes of it. */
export async function requestHead(path: string, limit: number): Promise<string> {
  const reader = (await send('GET', path, {})).body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let read = 0; reader && read < limit;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    read += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text;
}

/** The bytes of an answer: a paper as PDF. */
export async function requestFile(method: string, path: string, options: RequestOptions = {}): Promise<Blob> {
  return (await send(method, path, options)).blob();
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  if (options.ifMatch !== undefined) headers['If-Match'] = `"${options.ifMatch}"`;
  if (method === 'POST') headers['Idempotency-Key'] = options.idempotencyKey ?? newId();
  let body: BodyInit | undefined;
  if (options.raw) {
    headers['Content-Type'] = options.raw.type || 'application/octet-stream';
    body = options.raw;
  } else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), { method, headers, body, credentials: 'same-origin', signal: options.signal });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'offline', 'offline');
  }
  learnClock(response);
  if (!response.ok) throw await refusal(response, method, path);
  return response;
}

/** A random UUID. `crypto.randomUUID` exists only on https and localhost; a box reached by its address still needs ids. */
export function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function learnClock(response: Response): void {
  const stamp = response.headers.get('Date');
  if (!stamp) return;
  const offset = Date.parse(stamp) + 500 - Date.now();
  // The header has whole seconds only: small differences are its rounding, not a wrong clock.
  if (Number.isFinite(offset)) clockOffsetMs = Math.abs(offset) < 2000 ? 0 : offset;
}

async function refusal(response: Response, method: string, path: string): Promise<ApiError> {
  let code = `http_${response.status}`;
  let message = response.statusText;
  let fields: FieldFault[] = [];
  let requestId: string | null = null;
  let duplicates: Candidate[] = [];
  try {
    const { error } = await response.json() as { error: { code: string; message: string; fields?: FieldFault[]; request_id?: string; duplicates?: Candidate[] } };
    code = error.code;
    message = error.message;
    fields = error.fields ?? [];
    requestId = error.request_id ?? null;
    duplicates = error.duplicates ?? [];
  } catch {
    // Not our error shape (a proxy, a crash): the status says what there is to say.
  }
  const signingIn = path === '/session' && method !== 'DELETE';
  if (response.status === 401 && !signingIn) onSignedOut();
  return new ApiError(response.status, code, message, fields, requestId, duplicates);
}

/** Uploads first, then names: the bytes go to `/blobs`, the answer is what other requests mention. */
export function uploadBlob(file: Blob): Promise<{ blob: string; size: number }> {
  return request('PUT', '/blobs', { raw: file });
}
