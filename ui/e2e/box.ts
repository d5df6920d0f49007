/** Starts the real binary with a made-up lender, signs people in, and plays the PBX. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type APIRequestContext, expect, type Page, request, test as base } from '@playwright/test';

interface Login { login: string; password: string; role: string; extension: string }
interface Announcement { address: string; logins: Login[]; tokens: { pbx: string }; sample_phone: string }

const target = process.env.CARGO_TARGET_DIR ?? resolve(import.meta.dirname, '../../target');
const binary = process.env.LENDERBOX_BIN ?? [join(target, 'release/lenderbox'), join(target, 'debug/lenderbox')].find((path) => existsSync(path));
/** A debug binary makes its lender up slowly. */
const START_MS = 120_000;

export class Box {
  private process: ChildProcess | null = null;
  private folder = '';
  readonly said: string[] = [];
  announced!: Announcement;

  async start(): Promise<void> {
    if (!binary) throw new Error('no lenderbox binary: build it first, or name it in LENDERBOX_BIN');
    this.folder = mkdtempSync(join(tmpdir(), 'lenderbox-e2e-'));
    const child = spawn(binary, ['demo', '--data-dir', join(this.folder, 'data'), '--listen', '127.0.0.1:0', '--clients', '300', '--json'], { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder });
    this.process = child;
    child.stderr?.on('data', (data: Buffer) => this.said.push(data.toString()));
    this.announced = await new Promise((done, failed) => {
      let text = '';
      const timer = setTimeout(() => failed(new Error(`the box did not start in time: ${this.said.join('')}`)), START_MS);
      child.on('exit', (code) => failed(new Error(`the box ended with ${code}: ${this.said.join('')}`)));
      child.stdout?.on('data', (data: Buffer) => {
        text += data.toString();
        const end = text.indexOf('\n');
        if (end < 0) return;
        clearTimeout(timer);
        done(JSON.parse(text.slice(0, end)) as Announcement);
      });
    });
  }

  async stop(): Promise<void> {
    const child = this.process;
    if (child && child.exitCode === null) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  login(role: string, index = 0): Login {
    const found = this.announced.logins.filter((each) => each.role === role)[index];
    if (!found) throw new Error(`the demo has no ${role} number ${index}`);
    return found;
  }

  /** Events as the PBX would send them. */
  async event(part: Record<string, unknown>): Promise<void> {
    const body = JSON.stringify({ event_id: crypto.randomUUID(), leg_id: 'leg-1', at: new Date().toISOString(), direction: 'inbound', ...part });
    await new Promise<void>((done, failed) => {
      const sent = httpRequest(`${this.announced.address}/api/v1/pbx/events`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.announced.tokens.pbx}` } }, (answer) => {
        let text = '';
        answer.on('data', (data: Buffer) => { text += data.toString(); });
        answer.on('end', () => (answer.statusCode === 202 ? done() : failed(new Error(`the event was refused: ${answer.statusCode} ${text}`))));
      });
      sent.on('error', failed);
      sent.end(body);
    });
  }

  ring(extension: string, from: string, more: Record<string, unknown> = {}): Promise<string> {
    const call = `e2e-${crypto.randomUUID()}`;
    return this.event({ call_id: call, type: 'ringing', from, to: '+74957816400', agent: extension, ...more }).then(() => call);
  }

  /** Requests as a signed-in person, beside the browser. */
  async as(role: string): Promise<Person> {
    const { login, password } = this.login(role);
    const context = await request.newContext({ baseURL: this.announced.address });
    const answer = await context.post('/api/v1/session', { data: { login, password } });
    expect(answer.status(), await answer.text()).toBe(200);
    const { csrf } = await answer.json() as { csrf: string };
    return { context, headers: { 'X-CSRF-Token': csrf } };
  }
}
export interface Person { context: APIRequestContext; headers: Record<string, string> }

/** A loan kept here: opened on 15 January 2026, 100 000 at 24 % in 12 payments, four of them paid in time. */
export interface OwnLoan { client_id: string; loan_id: string; number: string }
let opened = 0;
export async function ownLoan(box: Box, notice_days = 0): Promise<OwnLoan> {
  const { client_id } = await knownClient(box);
  const { context, headers } = await box.as('administrator');
  const post = async <T>(path: string, data: unknown): Promise<T> => {
    const answer = await context.post(`/api/v1${path}`, { headers: { ...headers, 'Idempotency-Key': crypto.randomUUID() }, data });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
    return await answer.json() as T;
  };
  const product = crypto.randomUUID();
  const put = await context.put(`/api/v1/directory/product/${product}`, { headers: { ...headers, 'If-Match': '"0"' }, data: { title: { ru: `Проверочный ${product.slice(0, 4)}`, en: null }, book: 'own', terms: { kind: 'annuity', rate_percent: '24', instalments: 12, penalty_percent: '20', notice_days, shift_due_dates: false } } });
  expect(put.ok(), await put.text()).toBe(true);
  opened += 1;
  // As statements name agreements: six digits.
  const number = `POS-2026-${String((Date.now() % 100_000) * 10 + (opened % 10)).padStart(6, '0')}`;
  const { loan_id } = await post<{ loan_id: string }>('/loans', { client_id, number, product, agreement: { principal: '100000', issued_on: '2026-01-15' } });
  for (const month of ['02', '03', '04', '05']) await post(`/loans/${loan_id}/payments`, { on: `2026-${month}-15`, amount: '9455.96' });
  await context.dispose();
  return { client_id, loan_id, number };
}

/** What the caller would answer: read by somebody who may see everything. */
export interface Known { client_id: string; name: string; full_name: string; birth_date: string; passport: string; phone: string }
export async function knownClient(box: Box, query = box.announced.sample_phone): Promise<Known> {
  const { context, headers } = await box.as('supervisor');
  const found = await (await context.get(`/api/v1/search?q=${encodeURIComponent(query)}`)).json() as { items: { client_id: string; name: string; loans: number }[] };
  // Whoever has a loan has something to identify for.
  const hit = found.items.find((each) => each.loans > 0);
  if (!hit) throw new Error(`${query} leads to nobody with a loan`);
  const answer = await context.post(`/api/v1/clients/${hit.client_id}/unmask`, { headers, data: { reason: 'проверка страницы' } });
  expect(answer.ok(), await answer.text()).toBe(true);
  const card = await answer.json() as { personal: { full_name: string; birth_date: string; phones: { number: string }[]; documents: { number: string }[] } };
  await context.dispose();
  const [year, month, day] = card.personal.birth_date.split('-');
  return { client_id: hit.client_id, name: hit.name, full_name: card.personal.full_name, birth_date: `${day}.${month}.${year}`, passport: card.personal.documents[0]?.number.slice(-4) ?? '', phone: card.personal.phones[0]?.number ?? '' };
}

export async function signIn(page: Page, box: Box, role: string, index = 0): Promise<Login> {
  const person = box.login(role, index);
  await page.goto(box.announced.address);
  await page.locator('[name=login]').fill(person.login);
  await page.locator('[name=password]').fill(person.password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('banner').first()).toBeVisible();
  return person;
}

/** F2 until the state button says `state`; the button has one as soon as the server has told it. */
export async function become(page: Page, state: string): Promise<void> {
  const button = page.locator('button[data-state]');
  await expect(button).toBeVisible();
  if (await button.getAttribute('data-state') !== state) await page.keyboard.press('F2');
  await expect(button).toHaveAttribute('data-state', state);
}

/** The first topic that the beginning of a word finds, from the keyboard; the list may still be on its way. */
export async function chooseTopic(page: Page, beginning: string): Promise<void> {
  const field = page.locator('[name=topics]');
  await expect(field).toBeVisible();
  await page.keyboard.press('F9');
  await expect(field).toBeFocused();
  await page.keyboard.press('Control+A');
  await page.keyboard.type(beginning);
  await expect(page.locator('#topic-list [role=option]').first()).toContainText(new RegExp(beginning, 'i'));
  await page.keyboard.press('Enter');
  await expect(field).toHaveValue('');
}

/** The result that begins so. */
export async function chooseResult(page: Page, beginning: string): Promise<void> {
  const field = page.locator('[data-field=disposition]');
  await field.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type(beginning);
  await expect(page.getByRole('option', { name: new RegExp(`^${beginning}`) })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(field).toHaveValue(new RegExp(`^${beginning}`));
}

/** Writes a call up from the keyboard, whatever is missing. */
export async function finish(page: Page): Promise<void> {
  const done = page.getByRole('button', { name: /Завершить карточку/ });
  await expect(done).toBeEnabled();
  await chooseTopic(page, 'плат');
  await page.locator('[name=comment]').fill('Общий вопрос, ответ дан');
  await chooseResult(page, 'Ответ');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('button[data-state]')).not.toHaveAttribute('data-state', 'wrap_up');
  await expect(page.getByText('Ваши последние звонки')).toBeVisible();
}

/** Every page must hold: no outside request, no breach of the content policy, no uncaught error. */
export const test = base.extend<{ page: Page }, { box: Box }>({
  box: [async ({}, use) => {
    const box = new Box();
    await box.start();
    await use(box);
    await box.stop();
  }, { scope: 'worker', timeout: START_MS }],
  page: async ({ page, box }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
    page.on('console', (message) => { if (/Content Security Policy|content-security-policy/i.test(message.text())) faults.push(`policy: ${message.text()}`); });
    page.on('request', (sent) => { const url = new URL(sent.url()); if (url.protocol.startsWith('http') && url.origin !== box.announced.address) faults.push(`outside: ${sent.url()}`); });
    await use(page);
    expect(faults).toEqual([]);
  },
});
export { expect };

/** The socket on which the exchange takes commands, as a bare upgrade. */
export function pbxFeed(box: Box, can = ''): Promise<Socket> {
  return new Promise((done, failed) => {
    const headers = { Authorization: `Bearer ${box.announced.tokens.pbx}`, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const asked = httpRequest(`${box.announced.address}/api/v1/pbx/feed${can}`, { headers });
    asked.on('upgrade', (_answer, socket) => done(socket as Socket));
    asked.on('response', (answer) => failed(new Error(`no socket: ${answer.statusCode}`)));
    asked.on('error', failed);
    asked.end();
  });
}
