import { expect, ownLoan, type OwnLoan, signIn, test } from './box';

test.describe.configure({ mode: 'serial' });
let loan: OwnLoan;
test.beforeAll(async ({ box }) => { loan = await ownLoan(box); });

test('a certificate is issued under a number and downloaded as PDF', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await page.goto(`${box.announced.address}/clients/${loan.client_id}/loans/${loan.loan_id}?tab=papers`);
  await expect(page.getByText('Справок по этому займу ещё не выдавали')).toBeVisible();
  // Something is owed: no certificate says otherwise.
  await page.getByRole('button', { name: 'Выдать справку' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Справка' }).click();
  await page.getByRole('option', { name: 'о погашении долга' }).click();
  await dialog.getByRole('button', { name: 'Выдать справку' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByRole('combobox', { name: 'Справка' }).click();
  await page.getByRole('option', { name: 'о размере долга' }).click();
  await dialog.getByRole('button', { name: 'Выдать справку' }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.getByRole('table', { name: 'Справки' }).locator('tbody tr').first();
  await expect(row).toContainText('о размере долга');
  const [file] = await Promise.all([page.waitForEvent('download'), row.getByRole('button', { name: /^Скачать/ }).click()]);
  expect(file.suggestedFilename()).toMatch(/^\d{4}-\d+\.pdf$/);
});

test('the wording is changed with the paper in sight, a fault names its line, and the shipped one comes back', async ({ page, box }) => {
  await signIn(page, box, 'administrator');
  await page.goto(`${box.announced.address}/admin/papers`);
  const wording = page.getByRole('textbox', { name: 'Текст справки' });
  const shipped = await wording.inputValue();
  await expect(page.locator('iframe')).toHaveAttribute('src', /^blob:/);
  const before = await page.locator('iframe').getAttribute('src');
  await wording.fill(`${shipped}\n\nДля предъявления в банк.\n`);
  await expect(page.locator('iframe')).not.toHaveAttribute('src', before ?? '');
  await wording.fill(`${shipped}\n\n{{ loan.number `);
  await expect(page.getByRole('alert')).toContainText('Ошибка в тексте');
  await page.getByRole('button', { name: /^Сохранить/ }).click();
  await expect(page.getByRole('alert').first()).toContainText('Ошибка в тексте');
  await wording.fill(`${shipped}\n\nДля предъявления в банк.\n`);
  await page.getByRole('button', { name: /^Сохранить/ }).click();
  await expect(page.getByText('Сохранено. Новые справки')).toBeVisible();
  await page.getByRole('button', { name: 'Вернуть исходный текст' }).click();
  await expect(wording).toHaveValue(shipped);
});
