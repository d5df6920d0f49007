import type { Page } from '@playwright/test';
import { become, expect, finish, knownClient, ownLoan, type OwnLoan, signIn, test } from './box';

test.describe.configure({ mode: 'serial' });
let loan: OwnLoan;
test.beforeAll(async ({ box }) => { loan = await ownLoan(box); });

const open = (page: Page, address: string, search = '') => page.goto(`${address}/clients/${loan.client_id}/loans/${loan.loan_id}${search}`);
const tile = (page: Page, name: string) => page.getByRole('group', { name: 'Суммы' }).getByRole('button', { name: new RegExp(`^${name}`) });

test('figures of any day, each with the lines that make it', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  // The worked example of domain.md: after the fourth payment 69 169.17 of principal are left.
  await open(page, box.announced.address, '?on=2026-05-25');
  await expect(page.getByRole('heading', { name: loan.number })).toBeVisible();
  await expect(tile(page, 'Закрыть в этот день')).toContainText(/69\s623,98/);
  await expect(tile(page, 'Долг на этот день')).toContainText('0,00');
  await tile(page, 'Закрыть в этот день').click();
  const why = page.getByRole('dialog');
  await expect(why).toContainText(/69\s169,17 × 24\s% × 10 дней/);
  await expect(why).toContainText(/454,81/);
  await page.keyboard.press('Escape');
  // A sum of the schedule, too; the arrows go along the row.
  await page.getByRole('table', { name: 'График' }).locator('tbody tr').nth(4).getByRole('button').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(why).toContainText(/69\s169,17 × 24\s% × 31 день \/ 365/);
  await expect(why).toContainText(/1\s409,91/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('table', { name: 'График' }).locator('tbody tr')).toHaveCount(12);
  await expect(page.getByRole('table', { name: 'График' }).locator('tbody tr').nth(3)).toContainText('оплачен');
  await expect(page.getByRole('img', { name: 'Остаток долга' })).toBeVisible();
  // Another day by the field; it stays in the address.
  await page.getByRole('textbox', { name: 'На какой день' }).fill('17.06.2026');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/on=2026-06-17/);
  await expect(tile(page, 'Просрочено')).toContainText(/9\s455,96/);
  await page.getByRole('button', { name: /просрочка 2 дня/i }).click();
  await expect(why).toContainText('16.06.2026 – 17.06.2026');
});

test('a payment shows what it will do, is booked once, and is taken back with a reason', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await open(page, box.announced.address, '?tab=operations');
  // Esc closes a menu; the page stays.
  await page.getByRole('button', { name: 'Ещё', exact: true }).click();
  await expect(page.getByRole('menuitem', { name: 'Дать каникулы' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menuitem')).toHaveCount(0);
  await page.getByRole('button', { name: 'Внести платёж' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('[name=on]').fill('15.06.2026');
  await dialog.locator('[name=on]').press('Tab');
  await dialog.locator('[name=amount]').fill('-5');
  await dialog.getByRole('button', { name: 'Внести', exact: true }).click();
  await expect(dialog.locator('.mantine-InputWrapper-error')).toContainText('должно быть больше нуля');
  await dialog.locator('[name=amount]').fill('10 000,00');
  await expect(dialog.getByRole('status')).toContainText(/9\s455,96 → 0,00/);
  await expect(dialog.getByRole('status')).toContainText(/544,04/);
  await dialog.getByRole('button', { name: 'Внести', exact: true }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.getByRole('table', { name: 'Операции' }).locator('tbody tr').filter({ hasText: '15.06.2026' });
  await expect(row).toContainText(/10\s000,00/);
  await row.getByRole('button', { name: 'Отменить' }).click();
  await page.getByRole('dialog').getByRole('combobox', { name: 'Причина' }).click();
  await page.getByRole('option', { name: 'внесено дважды' }).click();
  // The debt comes back: told before it is done.
  await expect(page.getByRole('dialog').getByRole('status')).toContainText(/Долг на .*→/);
  await page.getByRole('dialog').getByRole('button', { name: 'Отменить' }).click();
  await expect(row).toContainText('отменено: внесено дважды');
});

test('an early repayment is quoted, asked for, and goes its way', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await open(page, box.announced.address, '?tab=early');
  const sentence = page.getByRole('status').filter({ hasText: 'Чтобы полностью погасить' });
  await expect(sentence).toContainText('₽');
  const before = await sentence.textContent();
  await page.getByRole('slider').press('ArrowRight');
  await expect(sentence).not.toHaveText(before ?? '');
  // Of a later day the sum takes the debt of today as paid, and the page says so.
  await expect(page.getByText(/сверх долга на сегодня: сначала нужно заплатить .*₽/)).toBeVisible();
  await page.getByRole('button', { name: 'Принять заявление' }).click();
  const requests = page.getByRole('region', { name: 'Заявления о досрочном' });
  await expect(requests.locator('[aria-current=step]')).toHaveText(/рассчитано/);
  await requests.getByRole('button', { name: 'Клиент знает сумму' }).click();
  await expect(requests.locator('[aria-current=step]')).toHaveText(/ждём деньги/);
  await requests.getByRole('button', { name: 'Отозвать' }).click();
  await expect(requests).toContainText('отозвано');
});

test('a loan is opened from the card of the client, with its schedule before it is signed', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await page.goto(`${box.announced.address}/clients/${loan.client_id}`);
  await page.getByRole('button', { name: 'Открыть заём' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('table').locator('tbody tr')).toHaveCount(12);
  await dialog.getByRole('button', { name: 'Открыть заём' }).click();
  await expect(dialog.locator('.mantine-InputWrapper-error')).toContainText('заполните');
  await dialog.locator('[name=number]').fill(`${loan.number}-2`);
  await dialog.getByRole('button', { name: 'Открыть заём' }).click();
  await expect(page.getByRole('heading', { name: `${loan.number}-2` })).toBeVisible();
});

test('in a call the sums wait for the level, then the card answers with reasons and the loan opens beside the call', async ({ page, box }) => {
  const known = await knownClient(box);
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const call = await box.ring(me.extension, box.announced.sample_phone);
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await box.event({ call_id: call, type: 'answered', from: box.announced.sample_phone, agent: me.extension });
  await page.locator('#tab-loans').click();
  await page.locator('#tab-body tbody tr').first().click();
  await expect(page.locator('#tab-body')).toContainText('Суммы откроются на уровне 2');
  await page.getByRole('button', { name: 'Займы', exact: true }).click();
  await expect(page.getByRole('button', { name: /почему/i })).toHaveCount(0);

  for (const [name, value] of [['full_name', known.full_name], ['birth_date', known.birth_date], ['passport_last4', known.passport]] as const) await page.locator(`[name=${name}]`).fill(value);
  await page.locator('[name=passport_last4]').press('Enter');
  await expect(page.getByText('L2 личность подтверждена')).toBeVisible();
  await page.getByRole('button', { name: /Долг сегодня: / }).click();
  await expect(page.getByRole('dialog')).toContainText('₽');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('slider')).toBeVisible();
  await page.locator('#tab-body tbody tr').filter({ hasText: loan.number }).first().click();
  await expect(tile(page, 'Осталось всего')).toContainText('₽');
  // An operator books nothing.
  await expect(page.getByRole('button', { name: 'Внести платёж' })).toHaveCount(0);
  await expect(page.getByText('О чём был звонок').or(page.getByRole('region', { name: 'О чём был звонок' })).first()).toBeVisible();
  await box.event({ call_id: call, type: 'ended', from: box.announced.sample_phone, agent: me.extension, cause: 'normal' });
  await finish(page);
});
