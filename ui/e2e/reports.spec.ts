import { expect, signIn, test } from './box';

test('arrears by bucket lead to the loan; differences have a page; the day is run on demand', async ({ page, box }) => {
  await signIn(page, box, 'supervisor');
  await page.getByRole('link', { name: 'Платежи' }).click();
  await page.getByRole('link', { name: 'Просрочка' }).click();
  const late = page.getByRole('table', { name: 'Просрочка' }).locator('tbody tr');
  await expect(late.first()).toBeVisible();
  await page.getByText('361+').click();
  await expect(page).toHaveURL(/bucket=361/);
  await page.getByText('Все', { exact: true }).click();
  const number = await late.first().getByRole('link').textContent();
  await late.first().getByRole('link').click();
  await expect(page.getByRole('heading', { name: number ?? '' })).toBeVisible();
  await expect(page.getByRole('group', { name: 'Суммы' })).toContainText('₽');

  await page.goto(`${box.announced.address}/money/reconciliation`);
  await expect(page.getByText('по которым наш расчёт даёт другие цифры')).toBeVisible();

  await page.goto(`${box.announced.address}/admin/daily`);
  await page.getByRole('button', { name: 'Запустить сейчас' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'закончен' }).first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/Просрочка на/)).toBeVisible();
});
