import { expect, signIn, test } from './box';

test('a loan is calculated, an early repayment is told in a sentence, terms stay', async ({ page, box }) => {
  await signIn(page, box, 'operator', 1);
  await page.getByRole('link', { name: 'Калькулятор' }).click();
  await page.locator('[name=principal]').fill('100 000,00');
  await page.locator('[name=issued_on]').fill('15.01.26');
  await page.locator('[name=issued_on]').press('Enter');
  await page.getByRole('combobox', { name: 'Платёж в выходной' }).click();
  await page.getByRole('option', { name: 'не переносится' }).click();

  // The worked example of domain.md: payment, full cost, interest, balance after the fourth payment.
  await expect(page.locator('dl').first()).toContainText(/9\s455,96\s₽/);
  await expect(page.locator('dl').first()).toContainText('23,898');
  await expect(page.locator('dl').first()).toContainText(/13\s405,32\s₽/);
  const schedule = page.getByRole('table', { name: 'График' });
  await expect(schedule.locator('tbody tr')).toHaveCount(12);
  await expect(schedule.locator('tbody tr').nth(3)).toContainText(/15\.05\.2026.*69\s169,17/);

  await page.getByText('Меньше срок').click();
  await page.locator('[name=on]').fill('15.05.2026');
  await page.locator('[name=on]').press('Enter');
  await page.locator('[name=amount]').fill('20 000');
  await expect(page.getByRole('status').filter({ hasText: 'Чтобы сократить срок' })).toContainText(/3\s093,54/);
  await page.getByText('После досрочного').click();
  await expect(schedule.locator('tbody tr')).toHaveCount(6);
  // The day moves by the slider, from the keyboard.
  await page.getByRole('slider').press('ArrowRight');
  await expect(page.locator('[name=on]')).toHaveValue('16.05.2026');

  // A fault stands beside its field; nothing old is shown as if it were the answer.
  await page.locator('[name=principal]').fill('-5');
  await expect(page.locator('.mantine-InputWrapper-error')).toContainText('должно быть больше нуля');
  await expect(schedule).toHaveCount(0);
  await page.locator('[name=principal]').fill('50000');
  await expect(schedule).toBeVisible();
  await page.reload();
  await expect(page.locator('[name=principal]')).toHaveValue('50000');
  await expect(page.locator('[name=issued_on]')).toHaveValue('15.01.2026');

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Скачать CSV' }).click()]);
  expect(file.suggestedFilename()).toBe('график.csv');
});
