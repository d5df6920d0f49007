import { expect, ownLoan, type OwnLoan, signIn, test } from './box';
import { oneC } from './statement';

test.describe.configure({ mode: 'serial' });
let loan: OwnLoan;
test.beforeAll(async ({ box }) => { loan = await ownLoan(box); });
const rows = () => [
  { number: '512', amount: '9455.96', payer: 'Иванов Иван Иванович', purpose: `Погашение по договору № ${loan.number} = платёж, НДС не облагается` },
  { number: '513', amount: '1234.56', payer: 'ООО "Ромашка"', inn: '7701000019', purpose: 'Оплата услуг по счёту 17' },
  { number: '514', amount: '300.00', payer: 'Неизвестная Анна Петровна', purpose: 'перевод' },
];

test('a file whose sums do not agree is held whole, with words for its fault', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await page.getByRole('link', { name: 'Платежи' }).click();
  await expect(page.getByText('Разбирать нечего')).toBeVisible();
  await page.getByRole('link', { name: 'Выписки' }).click();
  await page.locator('input[type=file]').setInputFiles({ name: 'плохая.txt', mimeType: 'text/plain', buffer: oneC('16.06.2026', rows(), 10) });
  const faults = page.getByRole('main').getByRole('alert');
  await expect(faults).toContainText('Остатки не сходятся');
  await expect(faults).toContainText(/на 0,10\./);
  await expect(page.getByRole('row').filter({ hasText: 'плохая.txt' })).toContainText('задержана');
});

test('a payment that names its loan is posted by itself, the others wait and are dealt with', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await page.goto(`${box.announced.address}/money/statements`);
  await page.locator('input[type=file]').setInputFiles({ name: 'банк.txt', mimeType: 'text/plain', buffer: oneC('15.06.2026', rows()) });
  const file = page.getByRole('row').filter({ hasText: 'банк.txt' });
  await expect(file).toContainText('проведена');
  await expect(page.getByRole('complementary')).toContainText('проведено 1');

  // Posted: what it became is one click away.
  await page.goto(`${box.announced.address}/money/incoming?state=posted`);
  await page.getByRole('row').filter({ hasText: loan.number }).click();
  await expect(page.getByRole('complementary')).toContainText('по номеру договора');

  // To be sorted out: no suggestion, so the loan is found; what it will do is told first.
  await page.goto(`${box.announced.address}/money/incoming`);
  await page.getByRole('row').filter({ hasText: 'Ромашка' }).click();
  const detail = page.getByRole('complementary');
  await expect(detail).toContainText('Похожих займов не нашли');
  await expect(detail.getByRole('button', { name: /^Провести/ })).toBeDisabled();
  await detail.getByLabel('Другой заём').fill(loan.number);
  await detail.getByRole('option').first().click();
  await detail.getByRole('button', { name: new RegExp(loan.number) }).first().click();
  await expect(detail.getByRole('status')).toContainText('→');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Платёж проведён')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Ромашка' })).toHaveCount(0);

  // The next one has taken its place; it is set aside with a reason.
  await expect(detail).toContainText('перевод');
  await detail.getByRole('button', { name: 'Отложить' }).click();
  await page.getByRole('dialog').getByLabel('Причина').fill('не наш платёж');
  await page.getByRole('dialog').getByRole('button', { name: 'Отложить' }).click();
  await expect(page.getByText('Разбирать нечего')).toBeVisible();

  // A posting is taken back with a reason.
  await page.goto(`${box.announced.address}/money/incoming?state=posted`);
  await page.getByRole('row').filter({ hasText: 'Ромашка' }).click();
  await page.getByRole('button', { name: 'Отменить проводку' }).click();
  await page.getByRole('dialog').getByRole('combobox', { name: 'Причина' }).click();
  await page.getByRole('option', { name: 'это другой заём' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Отменить проводку' }).click();
  await expect(page.getByText('Проводка отменена')).toBeVisible();
});

test('the same file again adds nothing', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await page.goto(`${box.announced.address}/money/statements`);
  await page.locator('input[type=file]').setInputFiles({ name: 'банк ещё раз.txt', mimeType: 'text/plain', buffer: oneC('15.06.2026', rows()) });
  await expect(page.getByRole('complementary')).toContainText('уже были 3');
});

test('an operator has no such page', async ({ page, box }) => {
  await signIn(page, box, 'operator');
  await expect(page.getByRole('link', { name: 'Калькулятор' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Платежи' })).toHaveCount(0);
  await page.goto(`${box.announced.address}/money/statements`);
  await expect(page.getByText('У вашей роли нет права на эту страницу')).toBeVisible();
});

test('who may only look loads nothing', async ({ page, box }) => {
  await signIn(page, box, 'auditor');
  await page.goto(`${box.announced.address}/money/statements`);
  await expect(page.getByRole('row').filter({ hasText: 'плохая.txt' })).toBeVisible();
  await expect(page.locator('input[type=file]')).toHaveCount(0);
});
