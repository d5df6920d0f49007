import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { become, chooseResult, chooseTopic, expect, knownClient, pbxFeed, signIn, test } from './box';

async function clean(page: Page, where: string): Promise<void> {
  // A colour that is fading in is not yet the colour: what counts is where the page comes to rest.
  await expect(async () => {
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze();
    expect(violations.map((each) => `${where}: ${each.id} ${each.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)).toEqual([]);
  }).toPass({ timeout: 10_000 });
}

for (const [language, theme] of [['ru-RU', 'light'], ['en-US', 'dark']] as const) {
  test.describe(`${language}, ${theme}`, () => {
    test.use({ locale: language, colorScheme: theme });

    test('log-in', async ({ page, box }) => {
      await page.goto(box.announced.address);
      await expect(page.locator('[name=login]')).toBeVisible();
      await clean(page, 'log-in');
    });

    test('the workspace with a call and the card outside of one', async ({ page, box }) => {
      test.setTimeout(180_000);
      const known = await knownClient(box);
      const me = await signIn(page, box, 'operator', 3);
      await page.waitForLoadState('networkidle');
      await clean(page, 'idle');
      await page.keyboard.press('Control+KeyK');
      await page.getByRole('combobox').fill('Ив');
      await expect(page.getByRole('option').nth(3)).toBeVisible();
      await clean(page, 'search');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('combobox')).toHaveCount(0);
      await become(page, 'ready');
      const call = await box.ring(me.extension, box.announced.sample_phone);
      await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
      await box.event({ call_id: call, type: 'answered', from: box.announced.sample_phone, agent: me.extension });
      for (const key of ['1', '2', '3', '4', '5', '6']) {
        await page.locator('body').click({ position: { x: 700, y: 60 } });
        await page.keyboard.press(key);
        await page.waitForLoadState('networkidle');
        await clean(page, `tab ${key}`);
      }
      // Only an exchange that takes commands can be asked to hand over.
      const link = await pbxFeed(box);
      await expect(page.getByRole('button', { name: /F6/ })).not.toHaveAttribute('aria-disabled', 'true');
      await page.keyboard.press('F6');
      await expect(page.getByRole('dialog')).toBeVisible();
      await clean(page, 'transfer');
      await page.keyboard.press('Escape');
      link.destroy();
      await box.event({ call_id: call, type: 'ended', from: box.announced.sample_phone, agent: me.extension, cause: 'normal' });
      await expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'wrap_up');
      await page.keyboard.press('Control+Enter');
      await clean(page, 'wrap-up with faults');
      await page.locator('[data-field=disposition]').click();
      await clean(page, 'results');
      await page.keyboard.press('Escape');
      // Leaves the operator free for the next test.
      await chooseTopic(page, language === 'ru-RU' ? 'плат' : 'pay');
      await page.locator('[name=comment]').fill('общий вопрос, ответ дан');
      await chooseResult(page, language === 'ru-RU' ? 'Ответ' : 'Answer');
      await page.keyboard.press('Control+Enter');
      await expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'not_ready');
    });

    test('floor, calls, clients and administration', async ({ page, box }) => {
      // Twenty pages, each looked through whole.
      test.setTimeout(240_000);
      await signIn(page, box, 'administrator');
      for (const path of ['/floor', '/calls?view=all', '/money/incoming', '/money/statements', '/money/unallocated', '/money/arrears', '/money/reconciliation', '/admin/daily', '/calculator', '/clients', '/clients/new', '/admin/users', '/admin/tokens', '/admin/topics', '/admin/snippets', '/admin/branches', '/admin/papers', '/admin/imports', '/admin/backups', '/admin/pbx', '/admin/health']) {
        await page.goto(box.announced.address + path);
        await page.waitForLoadState('networkidle');
        await clean(page, path);
      }
    });
  });
}
