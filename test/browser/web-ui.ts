// The Temporal Web UI as a person uses it: one page of a run, its details, its forms. The UI keeps every dialog twice,
// one of them hidden, so everything here takes the visible one.
import { type Browser, chromium, type Page } from 'playwright-core'
import { until } from '../support/until.js'

/** What Chromium needs without a display and, as in a container, as root; and nothing asked of the network. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** Between two presses of R, each of which asks a worker. */
const REFRESH_MS = 200

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM
  if (!executablePath) throw new Error('CHROMIUM names no browser: start these tests with `npm run test:browser`')
  return chromium.launch({ executablePath, args: FLAGS })
}

export type RunPage = {
  page: Page
  /** Waits until the current details contain all of these, and returns their whole text. */
  details(...wanted: string[]): Promise<string>
  /** Whether the last line of the details can be read without scrolling inside their frame. */
  lastLineVisible(): Promise<boolean>
  /** The rows of the details' table, each as its cells. */
  agents(): Promise<string[][]>
  /** Sends a signal from the form; `input` is what is typed, nothing when absent. */
  signal(name: string, input?: string): Promise<void>
  /** The button Request Cancellation, and yes. */
  cancel(): Promise<void>
  /** Opens the tab with timeline and events, and waits until the page shows all of these. */
  history(...wanted: string[]): Promise<void>
}

export async function openRunPage(browser: Browser, webUrl: string, workflowId: string): Promise<RunPage> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1200 } })
  page.setDefaultTimeout(15_000)
  await page.goto(`${webUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`)
  const tab = async (name: RegExp) =>
    page.getByRole('tab', { name }).or(page.getByRole('link', { name })).first().click()
  const frame = page.locator('iframe[title="output"]').last().contentFrame()
  await tab(/^User Metadata/)
  return {
    page,
    async details(...wanted) {
      let text = ''
      const shown = async () => {
        text = (await frame.locator('main').allInnerTexts().catch(beingReplaced)).join('\n').trim()
        if (wanted.every((each) => text.includes(each))) return true
        await page.keyboard.press('r')
        await page.waitForTimeout(REFRESH_MS)
        return false
      }
      await until(`the details to show ${wanted.join(', ')}`, shown, 15).catch((error: Error) => {
        throw new Error(`${error.message}; they show:\n${text}`)
      })
      return text
    },
    lastLineVisible: () =>
      frame
        .locator('main > p:has-text("spent")')
        .last()
        .evaluate((line) => line.getBoundingClientRect().bottom <= line.ownerDocument.documentElement.clientHeight),
    async agents() {
      const rows = await frame.locator('tbody tr').all()
      return Promise.all(rows.map(async (row) => (await row.locator('td').allInnerTexts()).map((cell) => cell.trim())))
    },
    async signal(name, input) {
      await page.getByRole('button', { name: 'More Actions' }).click()
      await page.getByRole('menuitem', { name: 'Send a Signal' }).click()
      const dialog = page.getByTestId('signal-confirmation-modal').filter({ visible: true })
      await dialog.getByTestId('signal-select-button').click()
      await dialog.getByRole('option', { name: new RegExp(`^${name}\\b`) }).click()
      if (input !== undefined) {
        // The editor lays the JSON out anew when it is left, and the button moves: leave it before the click.
        const editor = dialog.locator('.cm-content')
        await editor.fill(input)
        await editor.blur()
      }
      await dialog.getByRole('button', { name: 'Submit' }).click()
      await dialog.waitFor({ state: 'hidden' })
    },
    async cancel() {
      await page.getByRole('button', { name: 'Request Cancellation' }).click()
      const dialog = page.getByRole('dialog').filter({ visible: true })
      await dialog.getByRole('button', { name: /confirm/i }).click()
      await dialog.waitFor({ state: 'hidden' })
    },
    async history(...wanted) {
      await tab(/^History/)
      for (const each of wanted) await page.getByText(each).filter({ visible: true }).first().waitFor()
    },
  }
}

/** The UI draws a frame of its own for new details: what is read while it does is read again. */
function beingReplaced(error: Error): string[] {
  if (/Frame was detached|Execution context was destroyed/.test(error.message)) return []
  throw error
}

/** The page Start Workflow, filled in and sent. */
export async function startFromPage(
  browser: Browser,
  webUrl: string,
  { id, type, taskQueue, input }: { id: string; type: string; taskQueue: string; input: unknown },
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1200 } })
  page.setDefaultTimeout(15_000)
  await page.goto(`${webUrl}/namespaces/default/workflows/start-workflow`)
  await page.getByTestId('workflowId').fill(id)
  await page.getByTestId('taskQueue').fill(taskQueue)
  await page.getByTestId('workflowType').fill(type)
  const editor = page.locator('.cm-content').filter({ visible: true }).first()
  await editor.fill(JSON.stringify(input))
  await editor.blur()
  await page.getByTestId('start-workflow-button').click()
  await page.getByText('Workflow started successfully').filter({ visible: true }).first().waitFor()
  await page.close()
}
